using Spillway.Kafka.Buffers;
using Spillway.Rpc.Append;

namespace Spillway.WalWriter.Appending;

/// <summary>
/// One append from its acceptance to its answer. It has a reference to the buffer its batches lie in until the writer
/// is done with the bytes, which may be later than the answer: a volume that hangs still reads from them.
/// </summary>
internal sealed class PendingAppend
{
    private readonly SharedBuffer _owner;
    private readonly BudgetShare _share;
    private readonly IAppendObserver _observer;

    /// <summary>
    /// Takes over a reference to the request's buffer. What was reserved for the request is what the budget is charged with, else the
    /// batches' own length.
    /// </summary>
    public PendingAppend(
        AppendBatch[] batches, AppendRequest request, BudgetShare share, long acceptedTimestamp, IAppendObserver observer)
    {
        Batches = batches;
        _owner = request.Owner;
        _share = share;
        _observer = observer;
        AcceptedTimestamp = acceptedTimestamp;
        LengthBytes = SumBytes(batches);
        ChargedBytes = request.ReservedBytes > 0 ? request.ReservedBytes : LengthBytes;
    }

    public AppendBatch[] Batches { get; }

    /// <summary>When it was taken in, by the writer's clock.</summary>
    public long AcceptedTimestamp { get; }

    public int LengthBytes { get; }

    /// <summary>What it takes of the budget from when there is room for it until it is answered.</summary>
    public long ChargedBytes { get; }

    /// <summary>Tells the appender its results; under no lock, since it goes on with them.</summary>
    public void Complete(ReadOnlySpan<BatchAppendResult> results)
    {
        _observer.OnAppended(ErrorCode.None, results);
        _share.Release(ChargedBytes);
    }

    /// <summary>Tells the appender an error for all of it; under no lock.</summary>
    public void Fail(ErrorCode error)
    {
        _observer.OnAppended(error, []);
        _share.Release(ChargedBytes);
    }

    /// <summary>Those that ended together have been told.</summary>
    public void Settle() => _observer.OnSettled();

    /// <summary>Ends an append that there is no room for, or none any more, and gives its bytes back; under no lock.</summary>
    public void Refuse(ErrorCode error)
    {
        _observer.OnAppended(error, []);
        _observer.OnSettled();
        ReleaseBytes();
    }

    /// <summary>Gives one more reference to the bytes to somebody who keeps them for longer; before they are given back.</summary>
    public SharedBuffer Share()
    {
        _owner.AddRef();
        return _owner;
    }

    /// <summary>Gives the bytes back; once, after the last write that may read them has returned.</summary>
    public void ReleaseBytes() => _owner.Release();

    private static int SumBytes(AppendBatch[] batches)
    {
        var bytes = 0;
        foreach (var batch in batches)
        {
            bytes = checked(bytes + batch.Bytes.Length);
        }

        return bytes;
    }
}
