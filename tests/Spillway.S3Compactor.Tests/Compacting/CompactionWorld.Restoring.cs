using Spillway.Kafka.Records;
using Spillway.Metadata.Copies;
using Spillway.Metadata.Partitions;
using Spillway.Metadata.Restoring;
using Spillway.Metadata.Snapshots;
using Spillway.Rpc.Metadata;
using Spillway.S3Compactor.Tests.Restoring;
using Spillway.Storage.Copies;
using Spillway.Testing;
using Xunit;

namespace Spillway.S3Compactor.Tests.Compacting;

/// <summary>Copies of the state, its loss, and what comes back.</summary>
internal sealed partial class CompactionWorld
{
    private string ClusterId => Convert.ToHexStringLower(State.ClusterId);

    /// <summary>What a restore said.</summary>
    public IReadOnlyList<string> Report { get; private set; } = [];

    /// <summary>What merging does in a cluster: neighbouring entries that drains left become one.</summary>
    public async Task MergeDrainedAsync(long logId)
    {
        var drained = EntriesOf(logId).SkipWhile(e => !IsDrained(e)).TakeWhile(IsDrained).ToList();
        if (drained.Count < 2)
        {
            return;
        }

        var taken = drained.GetRange(0, _random.Next(2, drained.Count + 1));
        var bytes = new Dictionary<long, byte[]>();
        foreach (var entry in taken)
        {
            bytes.Add(entry.BaseOffset, await ReadAsync(logId, entry, entry.BaseOffset));
        }

        Rewrite([.. taken.Select(entry => (logId, entry))], (_, entry) => bytes[entry.BaseOffset], isMerge: true, isCommitted: _random.Next(5) > 0);
    }

    /// <summary>The state is copied to the object store. Of the copies one is kept, and what it names.</summary>
    public async Task CopyAsync()
    {
        State.Clock.Advance(++NowMs);
        using var buffer = new SnapshotBuffer();
        SnapshotWriter.Write(State, buffer);
        var payload = buffer.ToPayload();
        var manifest = new SnapshotManifest(SnapshotManifest.Version, payload.LengthBytes, payload.Crc32C, 0, 0, 0);
        var name = new SnapshotCopyName(ClusterId, State.Containers.Incarnation, State.Clock.NowMs);
        await new SnapshotCopyStore(Objects).PutAsync(name, payload, manifest, static () => true, Token);
        Jobs.OldestCopyMs = State.Clock.NowMs;
    }

    /// <summary>All but the object store is gone, the WAL too, and a new cluster begins with what that tells.</summary>
    public async Task<List<LostLog>> LoseAndRestoreAsync()
    {
        List<LostLog> lost = [];
        foreach (var (logId, history) in Logs)
        {
            var drained = EntriesOf(logId).TakeWhile(static e => e.Kind == ContainerKind.Object).ToList();
            var read = ReadLog.Of(await ReadAllAsync(logId, drained), history.LogStartOffset, history.Aborted);
            lost.Add(new LostLog(logId, history, drained.Count == 0 ? history.LogStartOffset : drained[^1].LastOffset + 1, read));
        }

        var restore = new ClusterRestore(Objects, new SurvivingSegments([], Objects), new ManualTimeProvider());
        State = await restore.RunAsync(ClusterId, Token);
        Report = restore.Report.Lines;
        NowMs = State.Clock.NowMs + 1;
        Restart();
        return lost;
    }

    /// <summary>A restored log as a consumer reads it, from its start and from anywhere; its index is whole.</summary>
    public async Task<ReadLog> ReadRestoredAsync(long logId)
    {
        var (log, entries) = (Partition(logId), EntriesOf(logId));
        Assert.Equal(log.NextOffset, entries[^1].LastOffset + 1);
        Assert.Equal(log.NextOffset, log.LastStableOffset);
        Assert.Equal(entries.Sum(static e => e.Length), log.ByteSize);
        Assert.DoesNotContain(entries, static e => e.Kind == ContainerKind.WalSegment);
        foreach (var entry in entries.Where(static e => e.Kind == ContainerKind.Object))
        {
            await ReadAsync(logId, entry, _random.NextInt64(entry.BaseOffset, entry.LastOffset + 1));
        }

        List<AbortedRange> aborted = [];
        Assert.False(log.Aborted.Find(0, long.MaxValue, int.MaxValue, aborted));
        return ReadLog.Of(
            await ReadAllAsync(logId, entries), log.LogStartOffset, aborted.Select(static a => (a.ProducerId, a.FirstOffset, a.LastOffset)));
    }

    /// <summary>Merging may take any of these as it takes what drains left: without gaps.</summary>
    public async Task AssertMergeableHaveNoGapsAsync(long logId)
    {
        foreach (var entry in await ReadAllAsync(logId, EntriesOf(logId).Where(IsDrained)))
        {
            var next = entry.BaseOffset;
            for (var walk = new RecordBatchEnumerator(entry.Bytes); walk.MoveNext(); next = walk.Current.NextOffset)
            {
                Assert.Equal(next, walk.Current.BaseOffset);
            }
        }
    }

    private bool IsDrained(BatchIndexEntry entry) =>
        entry.Kind == ContainerKind.Object && State.Containers.FindObject(entry.ContainerId) is { IsRewritten: false };

    private async Task<List<LogEntry>> ReadAllAsync(long logId, IEnumerable<BatchIndexEntry> entries)
    {
        List<LogEntry> read = [];
        foreach (var entry in entries)
        {
            var bytes = entry.Kind == ContainerKind.Marker ? MarkerOf(entry.ToMessage()) : await ReadAsync(logId, entry, entry.BaseOffset);
            read.Add(new LogEntry(entry.BaseOffset, entry.LastOffset, bytes));
        }

        return read;
    }

    private static byte[] MarkerOf(IndexEntry entry) => ControlBatch.Build(new TransactionMarker
    {
        Type = entry.Commit ? ControlRecordType.Commit : ControlRecordType.Abort,
        Offset = entry.BaseOffset,
        Timestamp = entry.MaxTimestamp,
        ProducerId = entry.ProducerId,
        ProducerEpoch = (short)entry.ProducerEpoch,
        CoordinatorEpoch = entry.CoordinatorEpoch,
    });
}
