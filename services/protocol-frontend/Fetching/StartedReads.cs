using Spillway.Kafka.Errors;

namespace Spillway.ProtocolFrontend.Fetching;

/// <summary>
/// Cold reads of a fetch's next partitions, begun side by side while the first ones are answered: each has what the budget is sure to leave
/// it. The answers stay in the client's order. One owner.
/// </summary>
internal sealed class StartedReads(
    PartitionReader reader, IReadOnlyList<FetchTarget> targets, long flowId, bool isReadCommitted, CancellationToken cancellationToken) : IDisposable
{
    private const int SideBySideMax = 16;

    private readonly Queue<(StartedRead? Read, long Bytes)> _started = new();
    private long _allottedBytes;
    private int _nextIndex;

    /// <summary>What was begun for the next target, if anything; the caller's. The budget has <paramref name="leftBytes"/> for it and those behind.</summary>
    public StartedRead? Take(long leftBytes)
    {
        while (_started.Count < SideBySideMax && _nextIndex < targets.Count && (_started.Count == 0 || leftBytes > _allottedBytes))
        {
            Begin(targets[_nextIndex++], leftBytes - _allottedBytes);
        }

        var (read, bytes) = _started.Dequeue();
        _allottedBytes -= bytes;
        return read;
    }

    public void Dispose()
    {
        while (_started.TryDequeue(out var started))
        {
            started.Read?.Dispose();
        }
    }

    private void Begin(FetchTarget target, long leftBytes)
    {
        var (read, bytes) = ((StartedRead?)null, 0L);
        if (target.View is { } view && target.Error == ErrorCode.None && target.PreferredReadReplica == PreferredReplicas.None)
        {
            var offsets = FetchPass.OffsetsOf(view, isReadCommitted);
            var end = FetchPass.EndOf(offsets, isReadCommitted);
            if (target.Asked.FetchOffset >= offsets.LogStartOffset && target.Asked.FetchOffset < end)
            {
                bytes = Math.Max(0, Math.Min(leftBytes, target.Asked.PartitionMaxBytes));
                read = reader.Begin(view, new EntryRange(target.Asked.FetchOffset, end, bytes, flowId), cancellationToken);
            }
        }

        _started.Enqueue((read, bytes));
        _allottedBytes += bytes;
    }
}
