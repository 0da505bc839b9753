using Spillway.Kafka.Messages;
using Spillway.Kafka.Records;

namespace Spillway.Chaos.Clients;

/// <summary>
/// Which batches of a fetch belong to aborted transactions, as Kafka's consumers find out: by the list that comes with the records, and by the markers
/// among them that end what the list began.
/// </summary>
internal sealed class AbortedProducers(IEnumerable<FetchResponse.AbortedTransaction>? aborted)
{
    private readonly PriorityQueue<long, long> _toCome = new((aborted ?? []).Select(static a => (a.ProducerId, a.FirstOffset)));
    private readonly HashSet<long> _open = [];

    /// <summary>Whether the records of the next batch are to be left out.</summary>
    public bool Takes(in RecordBatchHeader batch, ReadOnlySpan<byte> bytes)
    {
        while (_toCome.TryPeek(out var producerId, out var firstOffset) && firstOffset < batch.NextOffset)
        {
            _toCome.Dequeue();
            _open.Add(producerId);
        }

        if (batch.IsControl)
        {
            if (ControlBatch.TryRead(bytes, out var marker) && marker.Type == ControlRecordType.Abort)
            {
                _open.Remove(batch.ProducerId);
            }

            return true;
        }

        return batch.IsTransactional && _open.Contains(batch.ProducerId);
    }
}
