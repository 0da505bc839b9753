using Spillway.Rpc.Append;
using Spillway.Rpc.Commit;
using Spillway.Storage.Wal;
using Spillway.WalWriter.Appending;

namespace Spillway.WalWriter.Flushing;

/// <summary>
/// A group of appends that is written, flushed and committed as one. Batches are grouped by log, in their order of arrival
/// within a log, so that those of a partition are byte-adjacent and become one index entry. The pipeline's lock guards what changes.
/// </summary>
internal sealed class WriterBlock
{
    private readonly BatchToCommit[] _commits;

    // For each batch of the block: whose it is, and its place among all as they arrived.
    private readonly (int Append, int Batch, int Arrival)[] _origins;

    public WriterBlock(long blockSeq, List<PendingAppend> appends)
    {
        BlockSeq = blockSeq;
        Appends = appends;
        _origins = OrderByLog(appends);
        _commits = new BatchToCommit[_origins.Length];
        Bytes = CreateBytes();
        for (var i = 0; i < _origins.Length; i++)
        {
            _commits[i] = GetBatch(i).Commit with { Position = Bytes.Directory[i].Position };
        }
    }

    public long BlockSeq { get; }

    public List<PendingAppend> Appends { get; }

    /// <summary>Its bytes as the last attempt writes them.</summary>
    public WalBlock Bytes { get; private set; }

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
            Bytes = CreateBytes();
        }
    }

    /// <summary>The commit for the place the block has now.</summary>
    public BlockToCommit ToCommit(int writerId) => new(_commits)
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
        var results = new BatchAppendResult[_origins.Length];
        for (var i = 0; i < _origins.Length; i++)
        {
            var batch = outcome.Batches[i];
            results[_origins[i].Arrival] = new BatchAppendResult(
                batch.Error,
                batch.Error == ErrorCode.None ? batch.BaseOffset : -1,
                batch.LogStartOffset,
                ErrorMessage: null,
                batch.IsDuplicate);
        }

        var start = 0;
        foreach (var append in Appends)
        {
            append.Complete(results.AsSpan(start, append.Batches.Length));
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

    private void Settle()
    {
        foreach (var append in Appends)
        {
            append.Settle();
        }
    }

    private WalBlock CreateBytes()
    {
        var bytes = new WalBlock();
        for (var i = 0; i < _origins.Length; i++)
        {
            ref readonly var batch = ref GetBatch(i);
            bytes.Add(batch.LogId, batch.Bytes);
        }

        return bytes;
    }

    private ref readonly AppendBatch GetBatch(int i) => ref Appends[_origins[i].Append].Batches[_origins[i].Batch];

    private static (int Append, int Batch, int Arrival)[] OrderByLog(List<PendingAppend> appends)
    {
        var count = 0;
        foreach (var append in appends)
        {
            count += append.Batches.Length;
        }

        var origins = new (int, int, int)[count];
        var keys = new (long LogId, int Arrival)[count];
        var at = 0;
        for (var i = 0; i < appends.Count; i++)
        {
            for (var j = 0; j < appends[i].Batches.Length; j++)
            {
                origins[at] = (i, j, at);
                // The place of arrival breaks ties: the sort is not stable by itself.
                keys[at] = (appends[i].Batches[j].LogId.Value, at);
                at++;
            }
        }

        Array.Sort(keys, origins);
        return origins;
    }
}
