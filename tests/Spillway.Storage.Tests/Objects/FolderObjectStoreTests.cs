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

    // As often as it takes for a store that looks first and renames then to be caught at it.
    [Fact]
    public async Task Each_of_many_names_is_taken_once_however_many_come_at_once()
    {
        for (var round = 0; round < 40; round++)
        {
            var winners = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => TryCreateAsync($"key-{round}", (byte)i)));

            Assert.Single(winners, static won => won);
        }
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

    private async Task<bool> TryCreateAsync(string key, byte content)
    {
        try
        {
            await Store.PutAsync(
                key, new ObjectPayload(new[] { content }), PutMode.CreateNew, TestContext.Current.CancellationToken);
            return true;
        }
        catch (ObjectExistsException)
        {
            return false;
        }
    }

    public void Dispose() => _folder.Dispose();
}
