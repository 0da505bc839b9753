using System.Buffers;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Tails;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Fetching;

/// <summary>Reads all partitions of a fetch once, in their order, each within what is left of the budget.</summary>
internal sealed class FetchPass(PartitionReader reader, AbortedLookup aborted, IPartitionIndexService index)
{
    private const sbyte ReadCommitted = 1;

    public async ValueTask<FetchPassResult> RunAsync(
        FetchRequest fetch, IReadOnlyList<FetchTarget> targets, ReadBudget budget, ReadLease lease, CancellationToken cancellationToken)
    {
        var isReadCommitted = IsReadCommitted(fetch);
        var partitions = new List<FetchedPartition>(targets.Count);
        var (bytes, isDue) = (0L, false);
        using var begun = new StartedReads(reader, targets, budget.FlowId, isReadCommitted, cancellationToken);
        foreach (var target in targets)
        {
            using var started = begun.Take(budget.LeftBytes);
            var read = new PartitionReadState(budget, lease, target.Asked.PartitionMaxBytes);
            var partition = await ReadAsync(target, read, started, isReadCommitted, cancellationToken).ConfigureAwait(false);
            bytes += partition.Records is { } records ? records.Length : 0;
            isDue |= partition.ErrorCode != (short)ErrorCode.None || partition.PreferredReadReplica != PreferredReplicas.None;
            partitions.Add(new FetchedPartition(target, partition));
        }

        return new FetchPassResult(partitions, bytes, isDue);
    }

    /// <summary>The offsets that bound what this fetch reads of a partition.</summary>
    public static PartitionOffsets OffsetsOf(PartitionView view, bool isReadCommitted) =>
        isReadCommitted ? view.Offsets : view.UncommittedOffsets;

    /// <summary>Where what a fetch may read of a partition ends.</summary>
    public static long EndOf(in PartitionOffsets offsets, bool isReadCommitted) =>
        isReadCommitted ? offsets.LastStableOffset : offsets.HighWatermark;

    public static bool IsReadCommitted(FetchRequest fetch) => fetch.IsolationLevel == ReadCommitted;

    public static FetchResponse.PartitionData Failed(int partition, ErrorCode error) => new()
    {
        PartitionIndex = partition,
        ErrorCode = (short)error,
        HighWatermark = -1,
        Records = ReadOnlySequence<byte>.Empty,
    };

    private async ValueTask<FetchResponse.PartitionData> ReadAsync(
        FetchTarget target, PartitionReadState read, StartedRead? started, bool isReadCommitted, CancellationToken cancellationToken)
    {
        if (target.View is not { } view || target.Error != ErrorCode.None)
        {
            return Failed(target.Asked.Partition, target.Error);
        }

        var offset = target.Asked.FetchOffset;
        var offsets = OffsetsOf(view, isReadCommitted);
        if (offset < offsets.LogStartOffset || offset > offsets.HighWatermark)
        {
            var error = await CheckRangeAsync(view, offset, cancellationToken).ConfigureAwait(false);
            offsets = OffsetsOf(view, isReadCommitted);
            if (error != ErrorCode.None)
            {
                return Failed(target, offsets, error);
            }
        }

        var end = EndOf(offsets, isReadCommitted);
        target.SeenEndOffset = end;
        var readError = offset < end && target.PreferredReadReplica == PreferredReplicas.None
            ? await reader.ReadAsync(view, offset, end, read, started, cancellationToken).ConfigureAwait(false)
            : ErrorCode.None;
        var data = new FetchResponse.PartitionData
        {
            PartitionIndex = target.Asked.Partition,
            ErrorCode = (short)readError,
            HighWatermark = offsets.HighWatermark,
            LastStableOffset = offsets.LastStableOffset,
            LogStartOffset = offsets.LogStartOffset,
            AbortedTransactions = null,
            PreferredReadReplica = target.PreferredReadReplica,
            Records = read.Batches.ToSequence(),
        };
        return isReadCommitted ? await AddAbortedAsync(target, offsets, read, data, cancellationToken).ConfigureAwait(false) : data;
    }

    private async ValueTask<FetchResponse.PartitionData> AddAbortedAsync(
        FetchTarget target, PartitionOffsets offsets, PartitionReadState read, FetchResponse.PartitionData data, CancellationToken cancellationToken)
    {
        data.AbortedTransactions = [];
        if (read.Batches.IsEmpty)
        {
            return data;
        }

        var (view, offset) = (target.View!, target.Asked.FetchOffset);
        var (error, found) = await aborted.FindAsync(view, offsets, offset, read.ReachedOffset, cancellationToken).ConfigureAwait(false);
        if (error == ErrorCode.OffsetOutOfRange)
        {
            error = await CheckRangeAsync(view, offset, cancellationToken).ConfigureAwait(false);
            return Failed(target, view.Offsets, error == ErrorCode.None ? ErrorCode.KafkaStorageError : error);
        }

        data.AbortedTransactions = found;
        return error == ErrorCode.None ? data : Failed(target, offsets, error);
    }

    private static FetchResponse.PartitionData Failed(FetchTarget target, in PartitionOffsets offsets, ErrorCode error)
    {
        var failed = Failed(target.Asked.Partition, error);
        (failed.HighWatermark, failed.LogStartOffset) = (offsets.HighWatermark, offsets.LogStartOffset);
        return failed;
    }

    // The view may be behind, and a client that is told OFFSET_OUT_OF_RANGE resets its position: ask the leader first.
    private async ValueTask<ErrorCode> CheckRangeAsync(PartitionView view, long offset, CancellationToken cancellationToken)
    {
        var reply = await index.FindEntriesAsync(
            new FindEntriesRequest { LogId = view.LogId.Value, Offset = offset, BytesMax = 1, EntriesMax = 1, Barrier = true },
            cancellationToken).ConfigureAwait(false);
        var error = (ErrorCode)reply.ErrorCode;
        if (error is ErrorCode.None or ErrorCode.OffsetOutOfRange)
        {
            view.Learn(new PartitionOffsets(
                reply.LogStartOffset, reply.HighWatermark, reply.LastStableOffset, reply.LastAbortedOffset));
        }

        return error;
    }
}
