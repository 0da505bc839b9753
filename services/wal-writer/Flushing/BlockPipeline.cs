using Spillway.WalWriter.Appending;
using Spillway.WalWriter.Volumes;

namespace Spillway.WalWriter.Flushing;

/// <summary>
/// The state of one writer epoch: appends waiting, blocks on their way, the segments in use and the next ones. It decides
/// and does no I/O; lanes, committer and segment supply carry out what it says. Thread-safe: one lock guards
/// everything in it. Lanes, which are threads of their own, sleep outside of it until they are summoned.
/// </summary>
/// <remarks>
/// Block sequence and place are given out together, in order. Writing is side by side; proposing is strictly in order,
/// because metadata accepts only the sequence after the last. A block that has to move keeps its sequence.
/// </remarks>
internal sealed partial class BlockPipeline
{
    private readonly Lock _gate = new();
    private readonly PipelineLimits _limits;
    private readonly TimeProvider _time;
    private readonly AppendQueue _appends = new();

    // In order of sequence; proposed ones are a prefix of it.
    private readonly List<WriterBlock> _unresolved = [];
    private readonly Queue<WriterBlock> _unplaced = new();
    private readonly Stack<WriterBlock> _spare = new();
    private readonly VolumeSlot[] _slots;

    // Where blocks go first: the others take what its lanes have no time for. The next in turn once its segment is full or old.
    private int _firstSlot;

    // Every segment that was offered and is not closed.
    private readonly HashSet<WriterSegment> _open = [];
    private long _lastBlockSeq;
    private int _streamGeneration;
    private bool _isDraining;
    private bool _hasEnded;

    public BlockPipeline(PipelineLimits limits, IReadOnlyList<WriterVolume> volumes, TimeProvider time)
    {
        _limits = limits;
        _time = time;
        _slots = [.. volumes.Where(static volume => !volume.IsDraining).Select(static volume => new VolumeSlot(volume))];
    }

    /// <summary>Called (under the lock, so it only signals) when the committer may have something to do.</summary>
    public Action OnCommitWork { get; init; } = static () => { };

    /// <summary>Called (under the lock, so it only hands on) when a segment can be sealed: retired, and nothing in it is open.</summary>
    public Action<WriterSegment> OnSegmentDone { get; init; } = static _ => { };

    /// <summary>Called with a block that is committed, while its bytes are held.</summary>
    public Action<WriterBlock> OnCommitted { get; init; } = static _ => { };

    /// <summary>Whether appends wait for room that only an answer makes. Asked under the lock, so it takes none.</summary>
    public Func<bool> IsRoomScarce { get; init; } = static () => false;

    public IReadOnlyList<VolumeSlot> Slots => _slots;

    public int UnresolvedCount
    {
        get
        {
            lock (_gate)
            {
                return _unresolved.Count;
            }
        }
    }

    /// <summary>Streams of an earlier number are broken: what they sent was answered with an error.</summary>
    public int StreamGeneration
    {
        get
        {
            lock (_gate)
            {
                return _hasEnded || _isDraining ? -1 : _streamGeneration;
            }
        }
    }

    /// <summary>Whether everything taken in has been answered after <see cref="BeginDrain"/>.</summary>
    public bool IsDrained
    {
        get
        {
            lock (_gate)
            {
                return _isDraining && _unresolved.Count == 0 && _completingCount == 0 && _appends.IsEmpty;
            }
        }
    }

    /// <summary>Takes an append in; false when its stream is broken or the epoch is ending, and it is the caller's to refuse.</summary>
    public bool TryAppend(PendingAppend append, int streamGeneration)
    {
        lock (_gate)
        {
            if (_hasEnded || _isDraining || streamGeneration != _streamGeneration)
            {
                return false;
            }

            _appends.Add(append);
            SummonLane();
            return true;
        }
    }

    /// <summary>From now on nothing is taken in; what is in comes to its end.</summary>
    public void BeginDrain()
    {
        lock (_gate)
        {
            _isDraining = true;
            SummonAllLanes();
            OnCommitWork();
        }
    }

    /// <summary>What is in no block yet is answered with an error, and streams break: nothing sent behind it may pass it.</summary>
    /// <returns>How many appends that were.</returns>
    public int FailQueued(ErrorCode error)
    {
        List<PendingAppend> appends;
        lock (_gate)
        {
            appends = _appends.TakeAll();
            _streamGeneration++;
        }

        Fail(appends, error);
        return appends.Count;
    }

    /// <summary>
    /// Ends the epoch. Everything not answered yet is answered with a retriable error: it may have been committed or
    /// not, and it is never sent again under another epoch (P3). Bytes that a lane is writing are given back by the lane.
    /// </summary>
    public void End(ErrorCode error)
    {
        List<PendingAppend> appends;
        List<WriterBlock> blocks;
        lock (_gate)
        {
            if (_hasEnded)
            {
                return;
            }

            _hasEnded = true;
            appends = _appends.TakeAll();
            blocks = [.. _unresolved];
            _unresolved.Clear();
            _unplaced.Clear();
            foreach (var slot in _slots)
            {
                slot.WaitTimer?.Dispose();
            }

            SummonAllLanes();
        }

        Fail(appends, error);
        foreach (var block in blocks)
        {
            block.Fail(error);
            ReleaseWhenIdle(block);
        }
    }

    /// <summary>What has been unanswered for longer than that, those that wait for room included.</summary>
    public OverdueWork FindOverdue(TimeSpan timeout, long? oldestWaitingTimestamp)
    {
        lock (_gate)
        {
            if (_hasEnded)
            {
                return OverdueWork.None;
            }

            // Blocks hold older appends than the queue does.
            return _unresolved.Count > 0 && IsOlder(_unresolved[0].Appends[0].AcceptedTimestamp) ? OverdueWork.Block
                : _appends.OldestTimestamp is { } oldest && IsOlder(oldest) ? OverdueWork.Queue
                : oldestWaitingTimestamp is { } waiting && IsOlder(waiting) ? OverdueWork.Queue
                : OverdueWork.None;
        }

        bool IsOlder(long timestamp) => _time.GetElapsedTime(timestamp) > timeout;
    }

    private static void Fail(List<PendingAppend> appends, ErrorCode error)
    {
        foreach (var append in appends)
        {
            append.Fail(error);
        }

        foreach (var append in appends)
        {
            append.Settle();
            append.ReleaseBytes();
        }
    }

    /// <summary>The block is answered: its bytes go back now, or with the last call that may still read them.</summary>
    private void ReleaseWhenIdle(WriterBlock block)
    {
        lock (_gate)
        {
            block.IsAnswered = true;
            if (block.PendingWriteCount > 0)
            {
                return;
            }
        }

        Release(block);
    }

    /// <summary>Gives the bytes of a block back that is answered and that no write is pending of, and keeps the block for others.</summary>
    private void Release(WriterBlock block)
    {
        block.ReleaseBytes();
        if (!block.IsReusable)
        {
            return;
        }

        lock (_gate)
        {
            // At the end of an epoch somebody may be proposing it right now: then it stays what it is.
            if (!_hasEnded && _spare.Count < _limits.UnresolvedBlocksMax)
            {
                _spare.Push(block);
            }
        }
    }
}
