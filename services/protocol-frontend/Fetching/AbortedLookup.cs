using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Tails;
using Spillway.Rpc;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Fetching;

/// <summary>
/// The aborted transactions among what a reader of committed records is given. A client drops the records of each from its first offset to its
/// marker, so one that is missing shows what was aborted (KIP-98): without the whole list no record is given out.
/// </summary>
internal sealed class AbortedLookup(IPartitionIndexService index)
{
    /// <summary>
    /// All that overlap the offsets from <paramref name="offset"/> up to <paramref name="endOffset"/>, which were read and lie below
    /// <paramref name="offsets"/>'s last stable one. OFFSET_OUT_OF_RANGE where the log start has passed the offset meanwhile: the caller
    /// knows better what that means.
    /// </summary>
    public async ValueTask<(ErrorCode Error, List<FetchResponse.AbortedTransaction> Aborted)> FindAsync(
        PartitionView view, PartitionOffsets offsets, long offset, long endOffset, CancellationToken cancellationToken)
    {
        var aborted = new List<FetchResponse.AbortedTransaction>();
        var from = offset;
        while (from < endOffset && from <= offsets.LastAbortedOffset)
        {
            FindAbortedReply reply;
            try
            {
                var request = new FindAbortedRequest { LogId = view.LogId.Value, FromOffset = from, ToOffset = endOffset };
                reply = await index.FindAbortedAsync(request, cancellationToken).ConfigureAwait(false);
            }
            catch (RpcException)
            {
                return (ErrorCode.KafkaStorageError, []);
            }

            // Asked after the records were read: if the log still starts below them now, nothing of the list was forgotten before.
            if (reply.ErrorCode != 0 || reply.LogStartOffset > offset)
            {
                return (reply.ErrorCode != 0 ? ErrorCode.NotLeaderOrFollower : ErrorCode.OffsetOutOfRange, []);
            }

            foreach (var transaction in reply.Aborted)
            {
                aborted.Add(new() { ProducerId = transaction.ProducerId, FirstOffset = transaction.FirstOffset });
                from = transaction.LastOffset + 1;
            }

            if (!reply.More)
            {
                break;
            }
        }

        // Kafka lists them by their markers, and its own clients sort. kafkajs takes the list as it comes and shows records of a transaction
        // that stands behind one that began later.
        aborted.Sort(static (left, right) => left.FirstOffset.CompareTo(right.FirstOffset));
        return (ErrorCode.None, aborted);
    }
}
