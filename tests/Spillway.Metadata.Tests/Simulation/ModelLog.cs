namespace Spillway.Metadata.Tests.Simulation;

/// <summary>What a partition must hold: the batches that were acknowledged, in order, from offset 0 on.</summary>
internal sealed class ModelLog
{
    private readonly List<(long BaseOffset, Payload Payload)> _batches = [];

    public long NextOffset { get; private set; }

    public long LogStartOffset { get; set; }

    public Dictionary<long, ModelProducer> Producers { get; } = [];

    public void Append(Payload payload)
    {
        _batches.Add((NextOffset, payload));
        NextOffset += payload.Records;
    }

    /// <summary>The batches of these offsets; null when the borders are not those of batches.</summary>
    public IEnumerable<Payload>? Find(long baseOffset, long lastOffset)
    {
        var first = _batches.BinarySearch(
            (baseOffset, null!), Comparer<(long BaseOffset, Payload)>.Create((a, b) => a.BaseOffset.CompareTo(b.BaseOffset)));
        if (first < 0)
        {
            return null;
        }

        var found = new List<Payload>();
        var next = baseOffset;
        for (var i = first; i < _batches.Count && next <= lastOffset; i++)
        {
            found.Add(_batches[i].Payload);
            next += _batches[i].Payload.Records;
        }

        return next == lastOffset + 1 ? found : null;
    }
}
