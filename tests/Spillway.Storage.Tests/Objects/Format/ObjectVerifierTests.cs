using Spillway.Kafka;
using Spillway.Kafka.Buffers;
using Spillway.Storage.Objects;
using Spillway.Storage.Objects.Format;
using Spillway.Testing.Objects;
using Xunit;

namespace Spillway.Storage.Tests.Objects.Format;

/// <summary>
/// Goal: damage is found wherever in an object it is, and never where there is none. Method: objects of a folder whose files are changed; reads
/// that fail or come damaged once.
/// </summary>
public sealed class ObjectVerifierTests : IDisposable
{
    private const string Key = "a/o";
    private const long ObjectId = 77;

    private readonly string _folder = Directory.CreateTempSubdirectory("spillway-verifier-").FullName;
    private readonly BufferPool _pool = new(1 << 20);
    private readonly FolderObjectStore _files;
    private readonly FaultyObjectStore _store;

    public ObjectVerifierTests()
    {
        _files = new FolderObjectStore(_folder);
        _store = new FaultyObjectStore(_files);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string FilePath => Path.Combine(_folder, Key);

    [Theory]
    [InlineData(100)]
    [InlineData(300_000)]
    public async Task A_sound_object_is_sound(int bodyBytes)
    {
        // The second case is more than one stretch.
        var index = await PutAsync(bodyBytes, batchCount: 40);

        Assert.Null(await FindAsync());
        Assert.Null(await FindAsync(sizeBytes: 0));
        Assert.Equal(bodyBytes == 300_000, index.Footer.IndexPosition > ObjectVerifier.StretchBytes);
        Assert.Equal(0, _pool.RentedBytes);
    }

    [Fact]
    public async Task A_flipped_bit_is_found_and_told_where()
    {
        var index = await PutAsync(bodyBytes: 40, batchCount: 6);
        var bytes = File.ReadAllBytes(FilePath);

        // Seven bytes apart, the footer's last byte among them: all are too many files for a busy machine.
        for (var at = (bytes.Length - 1) % 7; at < bytes.Length; at += 7)
        {
            bytes[at] ^= 0x40;
            File.WriteAllBytes(FilePath, bytes);
            var damage = await FindAsync();
            bytes[at] ^= 0x40;

            Assert.NotNull(damage);
            if (at >= index.Footer.IndexPosition + index.Footer.IndexLengthBytes)
            {
                Assert.Equal((ObjectDamageSite.Footer, bytes.Length - ObjectFormat.FooterBytes), (damage.Site, damage.Position));
            }
            else if (at >= index.Footer.IndexPosition)
            {
                Assert.Equal((ObjectDamageSite.Index, index.Footer.IndexPosition), (damage.Site, damage.Position));
            }
            else
            {
                var block = index.Entries.ToArray().Last(e => e.Position <= at);
                Assert.Equal((ObjectDamageSite.DataBlock, block.Position), (damage.Site, damage.Position));
                Assert.Equal([block], damage.Blocks);
                Assert.Equal((1, index.Entries.Length), (damage.BlockCount, damage.BlockTotal));
            }
        }

        Assert.Equal(0, _pool.RentedBytes);
    }

    [Fact]
    public async Task All_bad_blocks_are_counted_whichever_stretch_they_are_in()
    {
        var index = await PutAsync(bodyBytes: 300_000, batchCount: 40);
        var bytes = File.ReadAllBytes(FilePath);
        foreach (var block in index.Entries)
        {
            bytes[block.Position + 70] ^= 1;
        }

        File.WriteAllBytes(FilePath, bytes);
        var damage = await FindAsync();

        Assert.Equal((0, index.Entries.Length), (damage!.Position, damage.BlockCount));
        Assert.Equal(16, damage.Blocks.Count);
    }

    [Fact]
    public async Task An_object_that_is_short_long_empty_gone_or_another_one_is_damaged()
    {
        await PutAsync(bodyBytes: 100, batchCount: 5);
        var bytes = File.ReadAllBytes(FilePath);
        var sizeBytes = bytes.Length;

        File.WriteAllBytes(FilePath, bytes[..^1]);
        Assert.Equal(ObjectDamageSite.Length, (await FindAsync(sizeBytes: sizeBytes))!.Site);
        Assert.Equal(ObjectDamageSite.Footer, (await FindAsync(sizeBytes: 0))!.Site);
        File.WriteAllBytes(FilePath, [.. bytes, 0]);
        Assert.Equal(ObjectDamageSite.Length, (await FindAsync(sizeBytes: sizeBytes))!.Site);
        File.WriteAllBytes(FilePath, []);
        Assert.Equal(ObjectDamageSite.Footer, (await FindAsync(sizeBytes: 0))!.Site);
        File.WriteAllBytes(FilePath, bytes);
        Assert.Null(await FindAsync(sizeBytes: sizeBytes));
        var other = await new ObjectVerifier(_store, _pool).FindDamageAsync(Key, ObjectId + 1, sizeBytes, Token);
        Assert.Equal(ObjectDamageSite.Footer, other!.Site);
        File.Delete(FilePath);
        Assert.Equal(ObjectDamageSite.Missing, (await FindAsync(sizeBytes: sizeBytes))!.Site);
        Assert.Equal(0, _pool.RentedBytes);
    }

    // The tail with the footer, the index, the data: each read once damaged.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task What_a_second_read_shows_sound_is_sound(int damagedRead)
    {
        await PutAsync(bodyBytes: 100, batchCount: 5);
        var reads = 0;
        _store.Decide = (kind, _) => kind == ObjectRequestKind.Get && ++reads == damagedRead ? ObjectFault.Damaged : ObjectFault.None;

        Assert.Null(await FindAsync());
        Assert.Equal(damagedRead + 3, reads);
    }

    [Fact]
    public async Task Two_reads_that_differ_in_what_is_damaged_say_nothing()
    {
        await PutAsync(bodyBytes: 100, batchCount: 5);
        var reads = 0;
        _store.Decide = (_, _) => ++reads is 1 or 3 ? ObjectFault.Damaged : ObjectFault.None;

        await Assert.ThrowsAsync<ObjectStoreUnavailableException>(() => FindAsync());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_store_that_does_not_answer_says_nothing(int failedRead)
    {
        await PutAsync(bodyBytes: 100, batchCount: 5);
        var reads = 0;
        _store.Decide = (_, _) => ++reads == failedRead ? ObjectFault.NotDone : ObjectFault.None;

        await Assert.ThrowsAsync<ObjectStoreUnavailableException>(() => FindAsync());
        Assert.Equal(0, _pool.RentedBytes);
    }

    [Fact]
    public async Task An_object_of_a_later_version_is_not_damaged()
    {
        await PutAsync(bodyBytes: 100, batchCount: 5);
        var bytes = File.ReadAllBytes(FilePath);
        var footer = bytes.AsSpan(bytes.Length - ObjectFormat.FooterBytes);
        footer[8]++;
        BitConverter.TryWriteBytes(footer[^4..], Kafka.Records.Crc32C.Compute(footer[..^4]));
        File.WriteAllBytes(FilePath, bytes);

        await Assert.ThrowsAsync<ObjectStoreUnavailableException>(() => FindAsync());
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private Task<ObjectDamage?> FindAsync(long sizeBytes = 0) =>
        new ObjectVerifier(_store, _pool).FindDamageAsync(Key, ObjectId, sizeBytes, Token);

    private async Task<ObjectIndex> PutAsync(int bodyBytes, int batchCount)
    {
        using var builder = new ObjectBuilder(new Random(1), bodyBytes * 2, ObjectId);
        var next = 0L;
        for (var i = 0; i < batchCount; i++)
        {
            next = builder.Append(new LogId(i < batchCount / 2 ? 1 : 2), i == batchCount / 2 ? 0 : next, bodyBytes, 3);
        }

        await _files.PutAsync(Key, builder.Complete(), PutMode.CreateNew, Token);
        return await new ObjectReader(_files, _pool).ReadIndexAsync(Key, Token);
    }
}
