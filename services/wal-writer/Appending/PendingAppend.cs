using Spillway.Kafka.Buffers;
using Spillway.Rpc.Append;

namespace Spillway.WalWriter.Appending;

/// <summary>
/// One append from its acceptance to its answer. It has a reference to the buffer its batches lie in until the writer
/// is done with the bytes, which may be later than the answer: a volume that hangs still reads from them. Its stream uses it again
/// from then on.
/// </summary>
internal sealed class PendingAppend(BudgetShare share)
{
    // What one rare request needed is not kept for all the others.
    private const int BatchesKept = 64;

    private AppendBatch[] _batches = new AppendBatch[1];
    private int _batchCount;
    private SharedBuffer? _owner;
    private IAppendObserver? _observer;

    public ReadOnlySpan<AppendBatch> Batches => _batches.AsSpan(0, _batchCount);

    /// <summary>When it was taken in, by the writer's clock.</summary>
    public long AcceptedTimestamp { get; private set; }

    public int LengthBytes { get; private set; }

    /// <summary>What it takes of the budget from when there is room for it until it is answered.</summary>
    public long ChargedBytes { get; private set; }

    /// <summary>Room for so many batches, which the caller fills before <see cref="Begin"/>.</summary>
    public Span<AppendBatch> Reserve(int batchCount)
    {
        if (_batches.Length < batchCount)
        {
            _batches = new AppendBatch[batchCount];
        }

        _batchCount = batchCount;
        return _batches.AsSpan(0, batchCount);
    }

    /// <summary>
    /// Takes a reference to the request's buffer. What was reserved for the request is what the budget is charged with, else the
    /// batches' own length.
    /// </summary>
    public void Begin(AppendRequest request, long acceptedTimestamp, IAppendObserver observer)
    {
        request.Owner.AddRef();
        _owner = request.Owner;
        _observer = observer;
        AcceptedTimestamp = acceptedTimestamp;
        LengthBytes = SumBytes();
        ChargedBytes = request.ReservedBytes > 0 ? request.ReservedBytes : LengthBytes;
    }

    /// <summary>Tells the appender its results; under no lock, since it goes on with them.</summary>
    public void Complete(ReadOnlySpan<BatchAppendResult> results)
    {
        _observer!.OnAppended(ErrorCode.None, results);
        share.Release(ChargedBytes);
    }

    /// <summary>Tells the appender an error for all of it; under no lock.</summary>
    public void Fail(ErrorCode error)
    {
        _observer!.OnAppended(error, []);
        share.Release(ChargedBytes);
    }

    /// <summary>Those that ended together have been told.</summary>
    public void Settle() => _observer!.OnSettled();

    /// <summary>Ends an append that there is no room for, or none any more, and gives its bytes back; under no lock.</summary>
    public void Refuse(ErrorCode error)
    {
        _observer!.OnAppended(error, []);
        _observer.OnSettled();
        ReleaseBytes();
    }

    /// <summary>Gives one more reference to the bytes to somebody who keeps them for longer; before they are given back.</summary>
    public SharedBuffer Share()
    {
        _owner!.AddRef();
        return _owner;
    }

    /// <summary>
    /// Gives the bytes back; once, after the last write that may read them has returned. Nobody has to do with the append from then on: it may
    /// be another one.
    /// </summary>
    public void ReleaseBytes()
    {
        var owner = _owner!;
        GiveUp();
        owner.Release();
    }

    /// <summary>Whoever has not begun it does not need it after all.</summary>
    public void GiveUp()
    {
        _batches.AsSpan(0, _batchCount).Clear();
        (_owner, _observer, _batchCount) = (null, null, 0);
        if (_batches.Length <= BatchesKept)
        {
            share.Return(this);
        }
    }

    private int SumBytes()
    {
        var bytes = 0;
        foreach (ref readonly var batch in Batches)
        {
            bytes = checked(bytes + batch.Bytes.Length);
        }

        return bytes;
    }
}
