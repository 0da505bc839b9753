namespace Spillway.Metadata.Producers;

/// <summary>
/// What one partition knows of one producer: its epoch and its last five batches. Five, because that is what a client may
/// have in flight (`max.in.flight.requests.per.connection` of idempotent producers).
/// </summary>
internal sealed class ProducerState
{
    public const int BatchesKept = 5;

    private readonly ProducedBatch[] _batches = new ProducedBatch[BatchesKept];
    private int _oldest;

    public short ProducerEpoch { get; private set; }

    public int BatchCount { get; private set; }

    public long LastAppendMs { get; private set; }

    /// <summary>
    /// Records accepted under this epoch since the state knows it: tells a sequence that was certainly accepted before the
    /// five batches from one that never was.
    /// </summary>
    public long AcceptedRecords { get; private set; }

    /// <summary>Where its open transaction begins in this partition; -1: none is open here.</summary>
    public long TransactionFirstOffset { get; set; } = -1;

    /// <summary>0 is the oldest.</summary>
    public ProducedBatch this[int index] => _batches[(_oldest + index) % BatchesKept];

    public ProducedBatch Last => this[BatchCount - 1];

    public void Append(short producerEpoch, ProducedBatch batch, int recordCount, long nowMs)
    {
        SetEpoch(producerEpoch);
        if (BatchCount == BatchesKept)
        {
            _oldest = (_oldest + 1) % BatchesKept;
            BatchCount--;
        }

        _batches[(_oldest + BatchCount) % BatchesKept] = batch;
        BatchCount++;
        AcceptedRecords += recordCount;
        LastAppendMs = nowMs;
    }

    /// <summary>A marker of that epoch was appended.</summary>
    public void EndTransaction(short producerEpoch, long nowMs)
    {
        SetEpoch(producerEpoch);
        TransactionFirstOffset = -1;
        LastAppendMs = nowMs;
    }

    /// <summary>As a snapshot has it.</summary>
    public static ProducerState Restore(
        short producerEpoch, long lastAppendMs, long acceptedRecords, IEnumerable<ProducedBatch> batches)
    {
        var state = new ProducerState();
        foreach (var batch in batches)
        {
            state.Append(producerEpoch, batch, 0, lastAppendMs);
        }

        state.ProducerEpoch = producerEpoch;
        state.AcceptedRecords = acceptedRecords;
        state.LastAppendMs = lastAppendMs;
        return state;
    }

    /// <summary>Another epoch begins with nothing.</summary>
    private void SetEpoch(short producerEpoch)
    {
        if (producerEpoch != ProducerEpoch)
        {
            ProducerEpoch = producerEpoch;
            BatchCount = 0;
            AcceptedRecords = 0;
        }
    }
}
