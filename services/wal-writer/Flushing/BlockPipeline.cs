using System.Diagnostics.CodeAnalysis;
using Spillway.Rpc.Append;
using Spillway.WalWriter.Appending;

namespace Spillway.WalWriter.Flushing;

/// <summary>
/// The state of one writer epoch: appends waiting, blocks on their way, the segment in use and the next one. It decides
/// and does no I/O; lanes, committer and segment supply carry out what it says. Thread-safe: one lock guards
/// everything in it, and lanes, which are threads of their own, wait on that lock's condition.
/// </summary>
/// <remarks>
/// Block sequence and place are given out together, in order. Writing is side by side; proposing is strictly in order,
/// because metadata accepts only the sequence after the last. A block that has to move keeps its sequence.
/// </remarks>
internal sealed partial class BlockPipeline(PipelineLimits limits, TimeProvider time)
{
    // Monitor and not System.Threading.Lock: lanes wait on its condition.
    private readonly object _gate = new();
    private readonly AppendQueue _appends = new(limits.InFlightBytesMax);

    // In order of sequence; proposed ones are a prefix of it.
    private readonly List<WriterBlock> _unresolved = [];
    private readonly Queue<WriterBlock> _unplaced = new();
    private long _lastBlockSeq;
    private WriterSegment? _current;
    private WriterSegment? _next;
    private bool _isDraining;
    private bool _hasEnded;

    /// <summary>Called (under the lock, so it only signals) when the committer may have something to do.</summary>
    public Action OnCommitWork { get; init; } = static () => { };

    /// <summary>Called (under the lock, so it only signals) when the next segment has been taken.</summary>
    public Action OnSegmentWanted { get; init; } = static () => { };

    /// <summary>Called (under the lock, so it only hands on) when a segment can be sealed: retired, and nothing in it is open.</summary>
    public Action<WriterSegment> OnSegmentDone { get; init; } = static _ => { };

    public long InFlightBytes
    {
        get
        {
            lock (_gate)
            {
                return _appends.InFlightBytes;
            }
        }
    }

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

    /// <summary>Whether it takes nothing in any more.</summary>
    public bool IsClosed
    {
        get
        {
            lock (_gate)
            {
                return _hasEnded || _isDraining;
            }
        }
    }

    /// <summary>Takes an append in, or answers it retriably when the epoch is ending.</summary>
    public void Append(PendingAppend append)
    {
        lock (_gate)
        {
            if (!_hasEnded && !_isDraining)
            {
                if (_appends.Add(append))
                {
                    Monitor.Pulse(_gate);
                }

                return;
            }
        }

        append.Complete(AppendResult.Failed(ErrorCode.NotLeaderOrFollower));
        append.ReleaseBytes();
    }

    /// <summary>From now on nothing is taken in; what is in comes to its end.</summary>
    public void BeginDrain()
    {
        lock (_gate)
        {
            _isDraining = true;
            Monitor.PulseAll(_gate);
            OnCommitWork();
        }
    }

    /// <summary>Whether everything taken in has been answered after <see cref="BeginDrain"/>.</summary>
    public bool IsDrained
    {
        get
        {
            lock (_gate)
            {
                return _isDraining && _unresolved.Count == 0 && _appends.IsEmpty;
            }
        }
    }

    /// <summary>After a drain: retires the segments that are left, so that they are sealed.</summary>
    public void RetireSegments()
    {
        lock (_gate)
        {
            Retire(_current);
            Retire(_next);
            _current = _next = null;
        }
    }

    /// <summary>
    /// Ends the epoch. Everything not answered yet is answered with a retriable error: it may have been committed or
    /// not, and it is never sent again under another epoch (P3). Bytes that a lane is writing are given back by the lane.
    /// </summary>
    public void End(ErrorCode error)
    {
        List<PendingAppend> appends;
        List<WriterBlock> blocks;
        List<WriterBlock> idleBlocks;
        lock (_gate)
        {
            if (_hasEnded)
            {
                return;
            }

            _hasEnded = true;
            appends = _appends.TakeAll();
            blocks = [.. _unresolved];
            idleBlocks = blocks.FindAll(static block => block.State != BlockState.Writing);
            _unresolved.Clear();
            _unplaced.Clear();
            Monitor.PulseAll(_gate);
        }

        var result = AppendResult.Failed(error);
        foreach (var append in appends)
        {
            append.Complete(result);
            append.ReleaseBytes();
        }

        foreach (var block in blocks)
        {
            block.Appends.ForEach(append => append.Complete(result));
        }

        idleBlocks.ForEach(static block => block.ReleaseBytes());
    }

    /// <summary>Closes the files that are still open; for after the end.</summary>
    public void CloseSegments()
    {
        lock (_gate)
        {
            _current?.Appender.Dispose();
            _next?.Appender.Dispose();
            _current = _next = null;
        }
    }

    /// <summary>Whether another open segment would be of use.</summary>
    public bool WantsSegment
    {
        get
        {
            lock (_gate)
            {
                return !_hasEnded && _next is null;
            }
        }
    }

    /// <summary>Hands in the next segment, opened ahead so that rolling does not wait for it; false when it came too late.</summary>
    public bool TryOfferSegment(WriterSegment segment)
    {
        lock (_gate)
        {
            if (_hasEnded || _next is not null)
            {
                return false;
            }

            _next = segment;
            Monitor.PulseAll(_gate);
            return true;
        }
    }

    /// <summary>Retires the current segment if its first block is older than the interval; nothing happens to an empty one.</summary>
    public void RollAged(TimeSpan interval)
    {
        lock (_gate)
        {
            if (_current is { } current
                && current.Appender.HasBlocks
                && time.GetElapsedTime(current.FirstBlockTimestamp) >= interval)
            {
                Retire(current);
                _current = null;
            }
        }
    }

    /// <summary>Whether an append has been unanswered for longer than that.</summary>
    public bool IsOverdue(TimeSpan timeout)
    {
        lock (_gate)
        {
            var oldest = _unresolved.Count > 0 ? _unresolved[0].Appends[0].AcceptedTimestamp : _appends.OldestTimestamp;
            return !_hasEnded && oldest is { } timestamp && time.GetElapsedTime(timestamp) > timeout;
        }
    }

    private void Retire(WriterSegment? segment)
    {
        if (segment is null || segment.IsRetired)
        {
            return;
        }

        segment.IsRetired = true;
        if (segment.UnresolvedCount == 0)
        {
            OnSegmentDone(segment);
        }
    }

    /// <summary>Finds room for a block of that size, rolling to the next segment if need be.</summary>
    private bool TryGetSegment(long occupiedBytes, [NotNullWhen(true)] out WriterSegment? segment)
    {
        if (_current is { IsAbandoned: false, Appender.IsPoisoned: false } && _current.Appender.Fits(occupiedBytes))
        {
            segment = _current;
            return true;
        }

        if (_next is not { } next)
        {
            segment = null;
            return false;
        }

        Retire(_current);
        _current = segment = next;
        _next = null;
        OnSegmentWanted();
        return true;
    }
}
