using Spillway.Metadata.Log;
using Spillway.Metadata.Partitions;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Tests.Transactions;

/// <summary>
/// A consumer that reads committed records as Kafka's do: what it is given are entries below the last stable offset and the aborted
/// transactions of that range; a producer's batches are left out from its aborted transaction's first offset to its marker.
/// </summary>
internal static class ModelReader
{
    /// <summary>Offsets of the batches delivered from <paramref name="from"/> to <paramref name="to"/>, which is exclusive.</summary>
    public static List<long> Read(MetadataState state, long logId, ModelTransactionLog log, long from, long to, int abortedPerCall)
    {
        var aborted = new Queue<AbortedTransaction>(FindAborted(state, logId, from, to, abortedPerCall).OrderBy(a => a.FirstOffset));
        var leftOut = new HashSet<long>();
        var delivered = new List<long>();
        var index = state.Topics.FindLog(logId)!.Index;
        var next = from;
        for (var cursor = index.Find(from); !index.IsEnd(cursor) && next < to; cursor = index.Next(cursor))
        {
            var entry = index[cursor].ToMessage();
            Assert.True(entry.BaseOffset <= next, "an index has no gaps");
            if (entry.Kind == ContainerKind.Marker)
            {
                Take(aborted, entry.LastOffset, leftOut);
                if (!entry.Commit)
                {
                    leftOut.Remove(entry.ProducerId);
                }

                next = entry.LastOffset + 1;
                continue;
            }

            for (var offset = entry.BaseOffset; offset <= entry.LastOffset && offset < to;)
            {
                var batch = log.At(offset);
                Take(aborted, batch.LastOffset, leftOut);
                if (batch.LastOffset >= from && !(batch.IsTransactional && leftOut.Contains(batch.ProducerId)))
                {
                    delivered.Add(batch.BaseOffset);
                }

                next = offset = batch.LastOffset + 1;
            }
        }

        return delivered;
    }

    private static void Take(Queue<AbortedTransaction> aborted, long lastOffset, HashSet<long> leftOut)
    {
        while (aborted.TryPeek(out var next) && next.FirstOffset <= lastOffset)
        {
            leftOut.Add(aborted.Dequeue().ProducerId);
        }
    }

    private static List<AbortedTransaction> FindAborted(MetadataState state, long logId, long from, long to, int countMax)
    {
        var found = new List<AbortedTransaction>();
        var next = from;
        while (true)
        {
            var reply = OffsetQueries.FindAborted(
                state, new FindAbortedRequest { LogId = logId, FromOffset = next, ToOffset = to, CountMax = countMax });
            found.AddRange(reply.Aborted);
            if (!reply.More)
            {
                return found;
            }

            next = reply.Aborted[^1].LastOffset + 1;
        }
    }
}
