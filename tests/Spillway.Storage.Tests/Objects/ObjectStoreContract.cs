using Spillway.Storage.Objects;
using Xunit;

namespace Spillway.Storage.Tests.Objects;

/// <summary>What every object store promises; run on each implementation.</summary>
public abstract class ObjectStoreContract
{
    private static readonly int Seed = Environment.TickCount;
    private readonly Random _random = new(Seed);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The store under test. Keys are unique to a test, since a real store is shared by runs.</summary>
    protected abstract IObjectStore Store { get; }

    private string Prefix { get; } = $"contract/{Guid.NewGuid():n}";

    [Fact]
    public async Task A_range_is_read_into_several_buffers_one_after_the_other()
    {
        var bytes = RandomBytes(1000);
        await PutAsync("scattered", bytes);
        Memory<byte>[] pieces = [new byte[10], new byte[1], new byte[500], new byte[89]];

        await Store.ReadRangeAsync(Key("scattered"), 400, pieces, Token);

        Assert.Equal(bytes[400..], pieces.SelectMany(static piece => piece.ToArray()));
        await Assert.ThrowsAsync<ObjectCorruptException>(() => Store.ReadRangeAsync(Key("scattered"), 401, pieces, Token));
        await Assert.ThrowsAsync<ObjectNotFoundException>(() => Store.ReadRangeAsync(Key("none"), 0, pieces, Token));
    }

    [Fact]
    public async Task An_object_reads_back_as_it_was_put()
    {
        var bytes = RandomBytes(100_000);
        var payload = ObjectPayload.FromPieces([bytes.AsMemory(0, 1), bytes.AsMemory(1, 70_000), bytes.AsMemory(70_001)]);

        await Store.PutAsync(Key("a"), payload, PutMode.CreateNew, Token);

        Assert.Equal(bytes, await ReadAsync(Key("a"), 0, bytes.Length));
    }

    [Fact]
    public async Task A_range_of_an_object_is_read_alone()
    {
        var bytes = RandomBytes(10_000);
        await PutAsync("a", bytes);

        Assert.Equal(bytes[1234..5678], await ReadAsync(Key("a"), 1234, 5678 - 1234));
        Assert.Equal(bytes[9999..], await ReadAsync(Key("a"), 9999, 1));
        Assert.Empty(await ReadAsync(Key("a"), 10, 0));
    }

    [Fact]
    public async Task A_range_past_the_end_is_corruption_and_not_a_short_read()
    {
        await PutAsync("a", RandomBytes(100));

        await Assert.ThrowsAsync<ObjectCorruptException>(() => ReadAsync(Key("a"), 50, 51));
        await Assert.ThrowsAsync<ObjectCorruptException>(() => ReadAsync(Key("a"), 100, 1));
        await Assert.ThrowsAsync<ObjectCorruptException>(() => ReadAsync(Key("a"), 1000, 1));
    }

    [Theory]
    [InlineData(1000, 100)]
    [InlineData(100, 100)]
    [InlineData(10, 100)]
    [InlineData(0, 100)]
    public async Task The_tail_of_an_object_comes_with_its_size(int objectBytes, int destinationBytes)
    {
        var bytes = RandomBytes(objectBytes);
        await PutAsync("a", bytes);
        var destination = new byte[destinationBytes];

        var tail = await Store.ReadTailAsync(Key("a"), destination, Token);

        Assert.Equal(new ObjectTail(Math.Min(objectBytes, destinationBytes), objectBytes), tail);
        Assert.Equal(bytes[^tail.BytesRead..], destination[..tail.BytesRead]);
    }

    [Fact]
    public async Task A_missing_object_is_told_apart()
    {
        await Assert.ThrowsAsync<ObjectNotFoundException>(() => ReadAsync(Key("none"), 0, 1));
        await Assert.ThrowsAsync<ObjectNotFoundException>(() => Store.ReadTailAsync(Key("none"), new byte[1], Token));
        Assert.Null(await Store.FindAsync(Key("none"), Token));
    }

    [Fact]
    public async Task A_found_object_tells_its_size_and_time()
    {
        var payload = await PutAsync("a", RandomBytes(777));

        var found = await Store.FindAsync(Key("a"), Token);

        Assert.Equal(777, found!.SizeBytes);
        Assert.Equal(Key("a"), found.Key);
        Assert.InRange(found.LastModified, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        Assert.True(found.Crc32C is null || found.Crc32C == payload.Crc32C);
    }

    [Fact]
    public async Task Creating_the_same_object_again_succeeds()
    {
        var bytes = RandomBytes(5000);
        await PutAsync("a", bytes);

        await PutAsync("a", bytes);

        Assert.Equal(bytes, await ReadAsync(Key("a"), 0, bytes.Length));
    }

    [Theory]
    [InlineData(5000)]
    [InlineData(5001)]
    public async Task Creating_another_object_under_a_taken_key_fails_and_leaves_the_first(int otherBytes)
    {
        var bytes = RandomBytes(5000);
        await PutAsync("a", bytes);

        await Assert.ThrowsAsync<ObjectExistsException>(() => PutAsync("a", RandomBytes(otherBytes)));

        Assert.Equal(bytes, await ReadAsync(Key("a"), 0, bytes.Length));
    }

    [Fact]
    public async Task Replacing_an_object_replaces_all_of_it()
    {
        await PutAsync("a", RandomBytes(5000));
        var bytes = RandomBytes(100);

        await Store.PutAsync(Key("a"), new ObjectPayload(bytes), PutMode.Replace, Token);

        Assert.Equal(100, (await Store.FindAsync(Key("a"), Token))!.SizeBytes);
        Assert.Equal(bytes, await ReadAsync(Key("a"), 0, 100));
    }

    [Fact]
    public async Task Of_many_that_create_one_object_at_once_one_wins()
    {
        var contents = Enumerable.Range(0, 8).Select(_ => RandomBytes(20_000)).ToArray();

        var outcomes = await Task.WhenAll(contents.Select(async bytes =>
        {
            try
            {
                await PutAsync("a", bytes);
                return true;
            }
            catch (ObjectExistsException)
            {
                return false;
            }
            catch (ObjectStoreUnavailableException)
            {
                return false; // A store may answer a race with "try again".
            }
        }));

        Assert.Single(outcomes, won => won);
        Assert.Equal(contents[Array.IndexOf(outcomes, true)], await ReadAsync(Key("a"), 0, 20_000));
    }

    [Fact]
    public async Task A_listing_gives_what_has_the_prefix_and_nothing_else()
    {
        await PutAsync("x/one", RandomBytes(1));
        await PutAsync("x/two", RandomBytes(2));
        await PutAsync("xyz", RandomBytes(3));
        await PutAsync("y/one", RandomBytes(4));

        Assert.Equal([("x/one", 1), ("x/two", 2)], await ListAsync("x/"));
        Assert.Equal([("x/one", 1), ("x/two", 2), ("xyz", 3)], await ListAsync("x"));
        Assert.Equal([("x/two", 2)], await ListAsync("x/t"));
        Assert.Empty(await ListAsync("none/"));
    }

    [Fact]
    public async Task What_is_deleted_is_gone_and_what_was_not_there_counts_as_deleted()
    {
        await PutAsync("a", RandomBytes(1));
        await PutAsync("b", RandomBytes(1));
        await PutAsync("c", RandomBytes(1));

        var result = await Store.DeleteAsync([Key("a"), Key("none"), Key("no-folder/none"), Key("b")], Token);

        Assert.Empty(result.Failed);
        Assert.Equal(4, result.Deleted.Count);
        Assert.Equal([("c", 1)], await ListAsync(""));
    }

    [Fact]
    public async Task More_keys_than_one_request_takes_are_deleted()
    {
        var keys = Enumerable.Range(0, 1005).Select(i => Key($"many/{i}")).ToArray();
        await PutAsync("many/0", RandomBytes(1));
        await PutAsync("many/1004", RandomBytes(1));

        var result = await Store.DeleteAsync(keys, Token);

        Assert.Equal(1005, result.Deleted.Count);
        Assert.Empty(await ListAsync("many/"));
    }

    [Fact]
    public async Task Deleting_nothing_does_nothing()
    {
        var result = await Store.DeleteAsync([], Token);

        Assert.Empty(result.Deleted);
        Assert.Empty(result.Failed);
    }

    [Theory]
    [InlineData("../escape")]
    [InlineData("/rooted")]
    [InlineData("a//b")]
    [InlineData("a/./b")]
    [InlineData("a b")]
    [InlineData("a\0b")]
    [InlineData("~incoming/x")]
    [InlineData("")]
    public async Task A_key_that_could_lead_elsewhere_is_refused(string key)
    {
        await Assert.ThrowsAnyAsync<ArgumentException>(
            () => Store.PutAsync(key, new ObjectPayload(new byte[1]), PutMode.Replace, Token));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => ReadAsync(key, 0, 1));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Store.DeleteAsync([key], Token));
    }

    [Fact]
    public async Task A_large_object_reads_back_as_it_was_put()
    {
        // More than two parts of a multipart upload, in pieces that fit no part.
        var bytes = RandomBytes((35 << 20) + 12_345);
        var pieces = bytes.Chunk(700_001).Select(c => (ReadOnlyMemory<byte>)c).ToArray();
        var payload = ObjectPayload.FromPieces(pieces);

        await Store.PutAsync(Key("large"), payload, PutMode.CreateNew, Token);
        await Store.PutAsync(Key("large"), payload, PutMode.CreateNew, Token);

        Assert.Equal(bytes.Length, (await Store.FindAsync(Key("large"), Token))!.SizeBytes);
        var read = await ReadAsync(Key("large"), 0, bytes.Length);
        Assert.True(read.AsSpan().SequenceEqual(bytes));
        await Assert.ThrowsAsync<ObjectExistsException>(() => PutAsync("large", RandomBytes(bytes.Length)));
        await Store.DeleteAsync([Key("large")], Token);
    }

    private string Key(string name) => $"{Prefix}/{name}";

    private byte[] RandomBytes(int length)
    {
        var bytes = new byte[length];
        _random.NextBytes(bytes);
        return bytes;
    }

    private async Task<ObjectPayload> PutAsync(string name, byte[] bytes)
    {
        var payload = new ObjectPayload(bytes);
        await Store.PutAsync(Key(name), payload, PutMode.CreateNew, Token);
        return payload;
    }

    private async Task<byte[]> ReadAsync(string key, long position, int length)
    {
        var destination = new byte[length];
        await Store.ReadRangeAsync(key, position, destination, Token);
        return destination;
    }

    private async Task<List<(string Name, long SizeBytes)>> ListAsync(string prefix)
    {
        List<(string, long)> found = [];
        await foreach (var listed in Store.ListAsync(Key(prefix), Token))
        {
            found.Add((listed.Key[(Prefix.Length + 1)..], listed.SizeBytes));
        }

        found.Sort();
        return found;
    }
}
