using System.Buffers;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Tails;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Fetching;

/// <summary>Reads all partitions of a fetch once, in the client's order, and makes the response of it.</summary>
internal sealed class FetchPass(PartitionReader reader, IPartitionIndexService index)
{
    private const sbyte ReadCommitted = 1;

    public async ValueTask<FetchPassResult> RunAsync(
        FetchRequest fetch, List<List<FetchTarget>> topics, int bytesMax, ReadLease lease, CancellationToken cancellationToken)
    {
        var budget = new ReadBudget(bytesMax);
        var response = new FetchResponse();
        var (bytes, hasError) = (0L, false);
        for (var i = 0; i < topics.Count; i++)
        {
            var asked = fetch.Topics[i];
            var topic = new FetchResponse.FetchableTopicResponse { Topic = asked.Topic, TopicId = asked.TopicId };
            foreach (var target in topics[i])
            {
                var read = new PartitionReadState(budget, lease, target.Asked.PartitionMaxBytes);
                var partition = await ReadAsync(target, read, fetch.IsolationLevel, cancellationToken).ConfigureAwait(false);
                bytes += read.Batches.Bytes;
                hasError |= partition.ErrorCode != (short)ErrorCode.None;
                topic.Partitions.Add(partition);
            }

            response.Responses.Add(topic);
        }

        return new FetchPassResult(response, bytes, hasError);
    }

    public static FetchResponse.PartitionData Failed(int partition, ErrorCode error) => new()
    {
        PartitionIndex = partition,
        ErrorCode = (short)error,
        HighWatermark = -1,
        Records = ReadOnlySequence<byte>.Empty,
    };

    private async ValueTask<FetchResponse.PartitionData> ReadAsync(
        FetchTarget target, PartitionReadState read, sbyte isolationLevel, CancellationToken cancellationToken)
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

        target.SeenEndOffset = offsets.HighWatermark;
        var end = isolationLevel == ReadCommitted ? offsets.LastStableOffset : offsets.HighWatermark;
        var readError = offset < end
            ? await reader.ReadAsync(view, offset, end, read, cancellationToken).ConfigureAwait(false)
            : ErrorCode.None;
        return new FetchResponse.PartitionData
        {
            PartitionIndex = target.Asked.Partition,
            ErrorCode = (short)readError,
            HighWatermark = offsets.HighWatermark,
            LastStableOffset = offsets.LastStableOffset,
            LogStartOffset = offsets.LogStartOffset,
            AbortedTransactions = isolationLevel == ReadCommitted ? [] : null,
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
