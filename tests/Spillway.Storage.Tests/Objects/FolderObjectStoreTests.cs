using Spillway.Storage.Objects;
using Spillway.Testing.Wal;
using Xunit;

namespace Spillway.Storage.Tests.Objects;

public sealed class FolderObjectStoreTests : ObjectStoreContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public FolderObjectStoreTests() => Store = new FolderObjectStore(Path.Combine(_folder.Path, "deep", "objects"));

    protected override IObjectStore Store { get; }

    [Fact]
    public async Task Nothing_temporary_is_left_and_a_leftover_is_not_listed()
    {
        var root = Path.Combine(_folder.Path, "deep", "objects");
        var token = TestContext.Current.CancellationToken;
        await Store.PutAsync("a/b", new ObjectPayload(new byte[10]), PutMode.CreateNew, token);
        Assert.Equal([Path.Combine(root, "a", "b")], Directory.GetFiles(root, "*", SearchOption.AllDirectories));

        await File.WriteAllBytesAsync(Path.Combine(root, "~incoming", "left-by-a-crash"), new byte[5], token);

        List<string> keys = [];
        await foreach (var listed in Store.ListAsync("", token))
        {
            keys.Add(listed.Key);
        }

        Assert.Equal(["a/b"], keys);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_a_typed_failure()
    {
        var blocked = Path.Combine(_folder.Path, "file");
        await File.WriteAllTextAsync(blocked, "not a folder", TestContext.Current.CancellationToken);
        var store = new FolderObjectStore(blocked);

        await Assert.ThrowsAnyAsync<ObjectStoreException>(() => store.PutAsync(
            "a", new ObjectPayload(new byte[1]), PutMode.CreateNew, TestContext.Current.CancellationToken));
    }

    public void Dispose() => _folder.Dispose();
}
