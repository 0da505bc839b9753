using Spillway.Kafka.Buffers;
using Spillway.Rpc.Append;

namespace Spillway.WalWriter.Appending;

/// <summary>
/// One append from its acceptance to its answer. It has a reference to the buffer its batches lie in until the writer
/// is done with the bytes, which may be later than the answer: a volume that hangs still reads from them.
/// </summary>
internal sealed class PendingAppend(
    AppendBatch[] batches, SharedBuffer owner, long acceptedTimestamp, IAppendObserver observer)
{
    public AppendBatch[] Batches { get; } = batches;

    /// <summary>When it was taken in, by the writer's clock.</summary>
    public long AcceptedTimestamp { get; } = acceptedTimestamp;

    public int LengthBytes { get; } = SumBytes(batches);

    /// <summary>Tells the appender its results; under no lock, since it goes on with them.</summary>
    public void Complete(ReadOnlySpan<BatchAppendResult> results) => observer.OnAppended(ErrorCode.None, results);

    /// <summary>Tells the appender an error for all of it; under no lock.</summary>
    public void Fail(ErrorCode error) => observer.OnAppended(error, []);

    /// <summary>Those that ended together have been told.</summary>
    public void Settle() => observer.OnSettled();

    /// <summary>Gives one more reference to the bytes to somebody who keeps them for longer; before they are given back.</summary>
    public SharedBuffer Share()
    {
        owner.AddRef();
        return owner;
    }

    /// <summary>Gives the bytes back; once, after the last write that may read them has returned.</summary>
    public void ReleaseBytes() => owner.Release();

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
