using System.Buffers;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Tails;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Fetching;

/// <summary>Reads all partitions of a fetch once, in their order, each within what is left of the budget.</summary>
internal sealed class FetchPass(PartitionReader reader, IPartitionIndexService index)
{
    private const sbyte ReadCommitted = 1;

    public async ValueTask<FetchPassResult> RunAsync(
        FetchRequest fetch, IReadOnlyList<FetchTarget> targets, int bytesMax, ReadLease lease, CancellationToken cancellationToken)
    {
        var isReadCommitted = fetch.IsolationLevel == ReadCommitted;
        var budget = new ReadBudget(bytesMax);
        var partitions = new List<FetchedPartition>(targets.Count);
        var (bytes, hasError) = (0L, false);
        using var begun = new StartedReads(reader, targets, isReadCommitted, cancellationToken);
        foreach (var target in targets)
        {
            using var started = begun.Take(budget.LeftBytes);
            var read = new PartitionReadState(budget, lease, target.Asked.PartitionMaxBytes);
            var partition = await ReadAsync(target, read, started, isReadCommitted, cancellationToken).ConfigureAwait(false);
            bytes += read.Batches.Bytes;
            hasError |= partition.ErrorCode != (short)ErrorCode.None;
            partitions.Add(new FetchedPartition(target, partition));
        }

        return new FetchPassResult(partitions, bytes, hasError);
    }

    /// <summary>Where what this fetch may read of a partition ends.</summary>
    public static long EndOf(FetchRequest fetch, in PartitionOffsets offsets) =>
        fetch.IsolationLevel == ReadCommitted ? offsets.LastStableOffset : offsets.HighWatermark;

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
        var offsets = view.Offsets;
        if (offset < offsets.LogStartOffset || offset > offsets.HighWatermark)
        {
            var error = await CheckRangeAsync(view, offset, cancellationToken).ConfigureAwait(false);
            offsets = view.Offsets;
            if (error != ErrorCode.None)
            {
                var failed = Failed(target.Asked.Partition, error);
                (failed.HighWatermark, failed.LogStartOffset) = (offsets.HighWatermark, offsets.LogStartOffset);
                return failed;
            }
        }

        var end = isReadCommitted ? offsets.LastStableOffset : offsets.HighWatermark;
        target.SeenEndOffset = end;
        var readError = offset < end
            ? await reader.ReadAsync(view, offset, end, read, started, cancellationToken).ConfigureAwait(false)
            : ErrorCode.None;
        return new FetchResponse.PartitionData
        {
            PartitionIndex = target.Asked.Partition,
            ErrorCode = (short)readError,
            HighWatermark = offsets.HighWatermark,
            LastStableOffset = offsets.LastStableOffset,
            LogStartOffset = offsets.LogStartOffset,
            AbortedTransactions = isReadCommitted ? [] : null,
            Records = read.Batches.ToSequence(),
        };
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
            view.Learn(new PartitionOffsets(reply.LogStartOffset, reply.HighWatermark, reply.LastStableOffset));
        }

        return error;
    }
}
