using Spillway.Kafka;
using Spillway.Metadata.Partitions;
using Spillway.Rpc.Metadata;
using Spillway.Storage.Caching;
using Spillway.Storage.Objects.Format;
using Xunit;

namespace Spillway.S3Compactor.Tests.Compacting;

/// <summary>What readers get, and what must be there or gone.</summary>
internal sealed partial class CompactionWorld
{
    /// <summary>Reads all logs as consumers would, from their start and from somewhere.</summary>
    public async Task<List<ReadLog>> CheckAsync()
    {
        List<ReadLog> read = [];
        foreach (var (logId, history) in Logs)
        {
            history.NowMs = NowMs;
            history.Entries.Clear();
            foreach (var entry in EntriesOf(logId))
            {
                history.Entries.Add(new LogEntry(entry.BaseOffset, entry.LastOffset, await ReadAsync(logId, entry, entry.BaseOffset)));
                await ReadAsync(logId, entry, _random.NextInt64(entry.BaseOffset, entry.LastOffset + 1));
            }

            Assert.Equal(EntriesOf(logId).Sum(static e => e.Length), Partition(logId).ByteSize);
            var jobs = Jobs.Compactions.Where(job => job.Cleaning.LogId == logId).ToList();
            var cleanableEnd = jobs.Select(static job => job.Cleaning.PassEnd).DefaultIfEmpty(0).Max();
            read.Add(HistoryChecks.Check(history, cleanableEnd, SeenBy(jobs), DeleteRetentionMs));
        }

        return read;
    }

    /// <summary>S3: nothing is in the store that the index does not name, and nothing is rented.</summary>
    public void AssertNothingLeaks()
    {
        var named = Logs.Keys.SelectMany(EntriesOf).Where(static e => e.Kind == ContainerKind.Object)
            .Select(e => State.Containers.FindObject(e.ContainerId)!.Key).ToHashSet(StringComparer.Ordinal);
        Assert.Equal(named.Order(StringComparer.Ordinal), Objects.Keys);
        Assert.Equal(0, Pool.RentedBytes);
    }

    private static Dictionary<long, long> SeenBy(List<Job> jobs)
    {
        Dictionary<long, long> seenMs = [];
        foreach (var job in jobs)
        {
            for (var offset = 0L; offset < Math.Min(job.Cleaning.CleanEnd, job.Cleaning.PassEnd); offset++)
            {
                seenMs.TryAdd(offset, job.Cleaning.NowMs);
            }
        }

        return seenMs;
    }

    /// <summary>What a fetch from the offset on gets of an entry; it always gets on.</summary>
    private async Task<byte[]> ReadAsync(long logId, BatchIndexEntry entry, long offset)
    {
        if (entry.Kind == ContainerKind.WalSegment)
        {
            return _wal[(logId, entry.BaseOffset)];
        }

        using var fetcher = new ObjectFetcher(Objects, _readerPool, new ObjectCacheOptions());
        var extent = new ObjectExtent(
            new LogId(logId), entry.BaseOffset, entry.LastOffset, entry.MaxTimestamp, entry.Position, entry.Length);
        var key = State.Containers.FindObject(entry.ContainerId)!.Key;
        using (var first = await fetcher.ReadAsync(key, extent, offset, 1, isOneBatchOwed: true, Token))
        {
            Assert.True(first.NextOffset > offset);
        }

        using var fetched = await fetcher.ReadAsync(key, extent, offset, int.MaxValue, isOneBatchOwed: true, Token);
        Assert.Equal(entry.LastOffset + 1, fetched.NextOffset);
        return [.. fetched.Pieces.SelectMany(static piece => piece.ToArray())];
    }
}
