using Spillway.Kafka.Records;

namespace Spillway.S3Compactor.Compacting;

/// <summary>Which data of a log belongs to transactions that were aborted. Immutable.</summary>
internal sealed class AbortedTransactions
{
    private readonly Dictionary<long, List<(long First, long Last)>> _byProducer = [];

    /// <summary>Each as the offsets of its first record and of its marker; of one producer they never overlap.</summary>
    public AbortedTransactions(IEnumerable<(long ProducerId, long FirstOffset, long LastOffset)> aborted)
    {
        foreach (var (producerId, first, last) in aborted.OrderBy(static a => a.LastOffset))
        {
            if (!_byProducer.TryGetValue(producerId, out var ranges))
            {
                _byProducer.Add(producerId, ranges = []);
            }

            ranges.Add((first, last));
        }
    }

    /// <summary>Whether the batch is data of an aborted transaction.</summary>
    public bool Has(in RecordBatchHeader header)
    {
        if (!header.IsTransactional || header.IsControl || !_byProducer.TryGetValue(header.ProducerId, out var ranges))
        {
            return false;
        }

        var offset = header.BaseOffset;
        int low = 0, high = ranges.Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = ranges[middle].Last < offset ? (middle + 1, high) : (low, middle);
        }

        return low < ranges.Count && ranges[low].First <= offset;
    }
}
