using Spillway.WalWriter.Flushing;

namespace Spillway.WalWriter.Appending;

/// <summary>
/// The bytes that a writer may hold between acceptance and answer, over all streams and epochs (P6). Past it requests wait, those of other
/// processes before they are read. Room goes to the stream that has the least of it, so that one which sends much does not keep others
/// out; within a stream nothing overtakes. One that is larger than the whole budget is let in alone. Thread-safe.
/// </summary>
internal sealed class AppendBudget(long bytesMax, TimeProvider time)
{
    // Guards everything here and in the shares. Appends are handed on under it: two of a stream must not change places. They are
    // refused outside of it: who is told goes on with that.
    private readonly Lock _lock = new();
    private readonly List<BudgetShare> _waiting = [];
    private long _heldBytes;

    public long HeldBytes
    {
        get
        {
            lock (_lock)
            {
                return _heldBytes;
            }
        }
    }

    /// <summary>Whether anybody waits for room; a glance without the lock, for those who hold another one.</summary>
    public bool HasWaiting => _waiting.Count > 0;

    /// <summary>How many streams wait for room.</summary>
    public int WaitingCount
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Since when somebody has waited longest for an epoch; null for nobody.</summary>
    public long? FindOldest(BlockPipeline pipeline)
    {
        long? oldest = null;
        lock (_lock)
        {
            foreach (var share in _waiting)
            {
                if (share.Pipeline == pipeline && share.Waits.Peek().Timestamp is var timestamp && !(oldest <= timestamp))
                {
                    oldest = timestamp;
                }
            }
        }

        return oldest;
    }

    /// <summary>Hands the append on when there is room for it: at once where it was reserved.</summary>
    public void Admit(BudgetShare share, PendingAppend append, bool isReserved)
    {
        List<PendingAppend>? refused = null;
        lock (_lock)
        {
            if (isReserved)
            {
                share.ReservedBytes -= append.ChargedBytes;
                HandOn(share, append, ref refused);
                Grant(ref refused);
            }
            else if (TryHold(share, append.ChargedBytes))
            {
                HandOn(share, append, ref refused);
            }
            else if (share.IsBroken)
            {
                (refused = []).Add(append);
            }
            else
            {
                Enqueue(
                    share,
                    new BudgetWait(append.ChargedBytes, append.AcceptedTimestamp, append, Reservation: null),
                    ref refused);
            }
        }

        Refuse(refused, ErrorCode.NotLeaderOrFollower);
    }

    /// <summary>Completes when there is room; false when the stream was closed or broke meanwhile.</summary>
    public ValueTask<bool> ReserveAsync(BudgetShare share, long lengthBytes)
    {
        List<PendingAppend>? refused = null;
        TaskCompletionSource<bool> reservation;
        lock (_lock)
        {
            if (share.IsClosed || share.IsBroken)
            {
                return ValueTask.FromResult(false);
            }

            if (TryHold(share, lengthBytes))
            {
                share.ReservedBytes += lengthBytes;
                return ValueTask.FromResult(true);
            }

            reservation = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            Enqueue(share, new BudgetWait(lengthBytes, time.GetTimestamp(), Append: null, reservation), ref refused);
        }

        Refuse(refused, ErrorCode.NotLeaderOrFollower);
        return new ValueTask<bool>(reservation.Task);
    }

    /// <summary>What was reserved does not become an append.</summary>
    public void Unreserve(BudgetShare share, long lengthBytes)
    {
        List<PendingAppend>? refused = null;
        lock (_lock)
        {
            share.ReservedBytes -= lengthBytes;
            GiveBack(share, lengthBytes, ref refused);
        }

        Refuse(refused, ErrorCode.NotLeaderOrFollower);
    }

    /// <summary>An append was answered.</summary>
    public void Release(BudgetShare share, long lengthBytes)
    {
        List<PendingAppend>? refused = null;
        lock (_lock)
        {
            GiveBack(share, lengthBytes, ref refused);
        }

        Refuse(refused, ErrorCode.NotLeaderOrFollower);
    }

    /// <summary>Ends whatever waits in broken streams of an epoch; it was handed to nobody.</summary>
    /// <returns>How many appends and requests that were.</returns>
    public int RefuseBroken(BlockPipeline pipeline, ErrorCode error)
    {
        var count = 0;
        List<PendingAppend>? refused = null;
        lock (_lock)
        {
            for (var i = _waiting.Count - 1; i >= 0; i--)
            {
                if (_waiting[i] is { IsBroken: true } share && share.Pipeline == pipeline)
                {
                    count += share.Waits.Count;
                    TakeWaits(share, ref refused);
                }
            }

            Grant(ref refused);
        }

        Refuse(refused, error);
        return count;
    }

    /// <summary>The stream is gone: what it reserved and did not use is free again.</summary>
    public void Close(BudgetShare share)
    {
        List<PendingAppend>? refused = null;
        lock (_lock)
        {
            share.IsClosed = true;
            TakeWaits(share, ref refused);
            var unusedBytes = share.ReservedBytes;
            share.ReservedBytes = 0;
            GiveBack(share, unusedBytes, ref refused);
        }

        Refuse(refused, ErrorCode.NotLeaderOrFollower);
    }

    private static void Refuse(List<PendingAppend>? appends, ErrorCode error)
    {
        if (appends is null)
        {
            return;
        }

        foreach (var append in appends)
        {
            append.Refuse(error);
        }
    }

    private void TakeWaits(BudgetShare share, ref List<PendingAppend>? refused)
    {
        _waiting.Remove(share);
        while (share.Waits.TryDequeue(out var wait))
        {
            wait.Reservation?.TrySetResult(false);
            if (wait.Append is { } append)
            {
                (refused ??= []).Add(append);
            }
        }
    }

    private bool TryHold(BudgetShare share, long lengthBytes)
    {
        if (_waiting.Count > 0 || !Fits(lengthBytes))
        {
            return false;
        }

        Hold(share, lengthBytes);
        return true;
    }

    private void Enqueue(BudgetShare share, BudgetWait wait, ref List<PendingAppend>? refused)
    {
        if (share.Waits.Count == 0)
        {
            _waiting.Add(share);
        }

        share.Waits.Enqueue(wait);

        // It may have less than those that wait already, and fit where they do not.
        Grant(ref refused);
    }

    private void Grant(ref List<PendingAppend>? refused)
    {
        while (FindNext() is { } share && (share.IsBroken || Fits(share.Waits.Peek().LengthBytes)))
        {
            if (share.IsBroken)
            {
                // No room for what would be refused.
                TakeWaits(share, ref refused);
                continue;
            }

            var wait = share.Waits.Dequeue();
            if (share.Waits.Count == 0)
            {
                _waiting.Remove(share);
            }

            Hold(share, wait.LengthBytes);
            if (wait.Append is { } append)
            {
                HandOn(share, append, ref refused);
            }
            else
            {
                share.ReservedBytes += wait.LengthBytes;
                wait.Reservation!.TrySetResult(true);
            }
        }
    }

    /// <summary>There is room for it; where nobody takes it any more the room is given back.</summary>
    private void HandOn(BudgetShare share, PendingAppend append, ref List<PendingAppend>? refused)
    {
        if (!share.TryAppend(append))
        {
            Hold(share, -append.ChargedBytes);
            (refused ??= []).Add(append);
        }
    }

    private void GiveBack(BudgetShare share, long lengthBytes, ref List<PendingAppend>? refused)
    {
        Hold(share, -lengthBytes);
        Grant(ref refused);
    }

    private BudgetShare? FindNext()
    {
        BudgetShare? least = null;
        foreach (var share in _waiting)
        {
            if (least is null || share.HeldBytes < least.HeldBytes)
            {
                least = share;
            }
        }

        return least;
    }

    private void Hold(BudgetShare share, long lengthBytes)
    {
        share.HeldBytes += lengthBytes;
        _heldBytes += lengthBytes;
    }

    private bool Fits(long lengthBytes) => _heldBytes == 0 || _heldBytes + lengthBytes <= bytesMax;
}
