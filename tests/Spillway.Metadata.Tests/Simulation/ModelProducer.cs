using Spillway.Kafka.Errors;

namespace Spillway.Metadata.Tests.Simulation;

/// <summary>
/// Kafka's rules for one idempotent producer on one partition, the slow way: all that was ever accepted under the epoch, with
/// sequences that do not wrap.
/// </summary>
internal sealed class ModelProducer
{
    private const long Modulus = 1L << 31;

    private readonly List<(long First, long End, long BaseOffset)> _accepted = [];

    public int Epoch { get; private set; } = -1;

    public (ErrorCode Error, long? DuplicateOf) Judge(int epoch, int sequence, int records)
    {
        if (_accepted.Count == 0)
        {
            return (ErrorCode.None, null);
        }

        if (epoch != Epoch)
        {
            return epoch < Epoch ? (ErrorCode.InvalidProducerEpoch, null)
                : sequence == 0 ? (ErrorCode.None, null)
                : (ErrorCode.OutOfOrderSequenceNumber, null);
        }

        // The numbering that does not wrap and lies nearest to where the producer stands.
        var next = _accepted[^1].End;
        var first = next + ((sequence - next) % Modulus + Modulus) % Modulus;
        first = first - next >= Modulus / 2 ? first - Modulus : first;
        var end = first + records;
        if (first == next)
        {
            return (ErrorCode.None, null);
        }

        var lastFive = _accepted.TakeLast(5).ToList();
        if (lastFive.Find(b => b.First == first && b.End == end) is { End: > 0 } known)
        {
            return (ErrorCode.None, known.BaseOffset);
        }

        return first >= _accepted[0].First && end <= lastFive[0].First
            ? (ErrorCode.DuplicateSequenceNumber, null)
            : (ErrorCode.OutOfOrderSequenceNumber, null);
    }

    public void Accept(int epoch, int sequence, int records, long baseOffset)
    {
        if (epoch != Epoch)
        {
            _accepted.Clear();
            Epoch = epoch;
        }

        var first = _accepted.Count == 0 ? sequence + Modulus : _accepted[^1].End;
        _accepted.Add((first, first + records, baseOffset));
    }
}
