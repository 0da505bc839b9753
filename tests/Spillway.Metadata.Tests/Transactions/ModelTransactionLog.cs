namespace Spillway.Metadata.Tests.Transactions;

/// <summary>What a partition must hold: batches and markers in order, from offset 0 on.</summary>
internal sealed class ModelTransactionLog
{
    private readonly SortedDictionary<long, ModelBatch> _batches = [];

    public long NextOffset { get; private set; }

    public long LogStartOffset { get; set; }

    /// <summary>The last stable offset that was seen; it never goes back.</summary>
    public long SeenStableOffset { get; set; }

    public int Markers { get; private set; }

    public IEnumerable<ModelBatch> Batches => _batches.Values;

    public void Append(ModelBatch batch)
    {
        Assert.Equal(NextOffset, batch.BaseOffset);
        _batches.Add(batch.BaseOffset, batch);
        NextOffset += batch.Records;
    }

    public void AppendMarker()
    {
        NextOffset++;
        Markers++;
    }

    public ModelBatch At(long baseOffset) => _batches[baseOffset];
}
