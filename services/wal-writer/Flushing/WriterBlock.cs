using Spillway.Rpc.Append;
using Spillway.Rpc.Commit;
using Spillway.Storage.Wal;
using Spillway.WalWriter.Appending;

namespace Spillway.WalWriter.Flushing;

/// <summary>
/// A group of appends that is written, flushed and committed as one. Batches are grouped by log, in their order of arrival
/// within a log, so that those of a partition are byte-adjacent and become one index entry. The pipeline's lock guards what changes, and
/// the pipeline uses it again once it is answered and no write of it is pending.
/// </summary>
internal sealed class WriterBlock
{
    // Of the batches that there is room for without another allocation; what a rare large block needed is not kept.
    private const int BatchesFirst = 8;
    private const int BatchesKept = 1024;

    // For each batch of the block: whose it is, and its place among all as they arrived.
    private (int Append, int Batch, int Arrival)[] _origins = new (int, int, int)[BatchesFirst];
    private (long LogId, int Arrival)[] _keys = new (long, int)[BatchesFirst];
    private BatchToCommit[] _commits = new BatchToCommit[BatchesFirst];
    private BatchAppendResult[] _results = new BatchAppendResult[BatchesFirst];
    private int _batchCount;

    public long BlockSeq { get; private set; }

    public List<PendingAppend> Appends { get; } = [];

    /// <summary>Its bytes as the last attempt writes them.</summary>
    public WalBlock Bytes { get; private set; } = new();

    public BlockState State { get; private set; }

    /// <summary>Where it is, or was on its way to when it failed; null while it has no place.</summary>
    public WriterSegment? Segment { get; private set; }

    /// <summary>When it was last given to a lane.</summary>
    public long WriteTimestamp { get; private set; }

    /// <summary>Writes of it that have not come back, those of places it has left included.</summary>
    public int PendingWriteCount { get; set; }

    /// <summary>Its appends have their answers; the bytes go back once no write is pending.</summary>
    public bool IsAnswered { get; set; }

    /// <summary>When it was last proposed.</summary>
    public long ProposeTimestamp { get; private set; }

    /// <summary>Whether it is worth keeping for another group of appends.</summary>
    public bool IsReusable => _origins.Length <= BatchesKept;

    /// <summary>Becomes the block of the appends that are in it now.</summary>
    public void Begin(long blockSeq)
    {
        BlockSeq = blockSeq;
        State = BlockState.Unplaced;
        Segment = null;
        IsAnswered = false;
        OrderByLog();
        FillBytes();
        for (var i = 0; i < _batchCount; i++)
        {
            _commits[i] = GetBatch(i).Commit with { Position = Bytes.Directory[i].Position };
        }
    }

    /// <summary>A lane is going to write it there.</summary>
    public void BeginWrite(WriterSegment segment, long timestamp)
    {
        Segment = segment;
        State = BlockState.Writing;
        WriteTimestamp = timestamp;
        PendingWriteCount++;
    }

    /// <summary>The lane has written it, or could not.</summary>
    public void EndWrite(bool isFlushed) => State = isFlushed ? BlockState.Flushed : BlockState.Failed;

    public void Propose(long timestamp)
    {
        State = BlockState.Proposed;
        ProposeTimestamp = timestamp;
    }

    /// <summary>The proposal was refused for the place of one before it; it is still durable where it is.</summary>
    public void Unpropose() => State = BlockState.Flushed;

    /// <summary>It leaves its segment, to be written elsewhere.</summary>
    public void Leave()
    {
        Segment = null;
        State = BlockState.Unplaced;
        if (PendingWriteCount > 0)
        {
            // The write that is pending reads its own head and list of parts; only the batches themselves are read by both.
            Bytes = new WalBlock();
            FillBytes();
        }
    }

    /// <summary>The commit for the place the block has now.</summary>
    public BlockToCommit ToCommit(int writerId) => new(_commits.AsSpan(0, _batchCount))
    {
        WriterId = writerId,
        WriterEpoch = Bytes.Header.WriterEpoch,
        SegmentId = Bytes.Header.SegmentId,
        BlockSeq = BlockSeq,
        PayloadPosition = Bytes.Header.PayloadPosition,
    };

    /// <summary>Gives each append its results; the outcome must have one for each batch.</summary>
    public void Complete(BlockOutcome outcome)
    {
        // In the order of arrival: an append's results are a slice.
        for (var i = 0; i < _batchCount; i++)
        {
            var batch = outcome.Batches[i];
            _results[_origins[i].Arrival] = new BatchAppendResult(
                batch.Error,
                batch.Error == ErrorCode.None ? batch.BaseOffset : -1,
                batch.LogStartOffset,
                ErrorMessage: null,
                batch.IsDuplicate);
        }

        var start = 0;
        foreach (var append in Appends)
        {
            append.Complete(_results.AsSpan(start, append.Batches.Length));
            start += append.Batches.Length;
        }

        Settle();
    }

    public void Fail(ErrorCode error)
    {
        foreach (var append in Appends)
        {
            append.Fail(error);
        }

        Settle();
    }

    public void ReleaseBytes()
    {
        foreach (var append in Appends)
        {
            append.ReleaseBytes();
        }
    }

    /// <summary>Forgets what it held, for the appends that come into it next.</summary>
    public void Clear()
    {
        Appends.Clear();
        Bytes.Clear();
    }

    private void Settle()
    {
        foreach (var append in Appends)
        {
            append.Settle();
        }
    }

    private void FillBytes()
    {
        for (var i = 0; i < _batchCount; i++)
        {
            ref readonly var batch = ref GetBatch(i);
            Bytes.Add(batch.LogId, batch.Bytes);
        }
    }

    private ref readonly AppendBatch GetBatch(int i) => ref Appends[_origins[i].Append].Batches[_origins[i].Batch];

    private void OrderByLog()
    {
        _batchCount = 0;
        foreach (var append in Appends)
        {
            _batchCount += append.Batches.Length;
        }

        if (_origins.Length < _batchCount)
        {
            var count = Math.Max(_batchCount, Math.Min(2 * _origins.Length, BatchesKept));
            _origins = new (int, int, int)[count];
            _keys = new (long, int)[count];
            _commits = new BatchToCommit[count];
            _results = new BatchAppendResult[count];
        }

        var at = 0;
        for (var i = 0; i < Appends.Count; i++)
        {
            var batches = Appends[i].Batches;
            for (var j = 0; j < batches.Length; j++)
            {
                _origins[at] = (i, j, at);
                // The place of arrival breaks ties: the sort is not stable by itself.
                _keys[at] = (batches[j].LogId.Value, at);
                at++;
            }
        }

        Array.Sort(_keys, _origins, 0, _batchCount);
    }
}
