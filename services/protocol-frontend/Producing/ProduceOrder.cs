using Spillway.Kafka.Errors;

namespace Spillway.ProtocolFrontend.Producing;

/// <summary>
/// Keeps a connection's produces in order when one of them fails and the client is to send it again: from then on nothing of the
/// connection goes to a writer, what is behind it is answered alike, and the connection closes. What the client sends on the next
/// one it sends knowing all results. Thread-safe, but for what says otherwise.
/// </summary>
/// <remarks>
/// Appends of one stream need no more than that: what breaks it breaks it for all that is behind. Another stream is taken only when
/// everything sent on the last one has ended well.
/// </remarks>
internal sealed class ProduceOrder
{
    private int _failure;
    private int _unresolvedCount;

    /// <summary>What the first failure was; None while there was none.</summary>
    public ErrorCode Failure => (ErrorCode)Volatile.Read(ref _failure);

    public bool IsLost => Failure != ErrorCode.None;

    /// <summary>The failure has been answered: whatever comes now is behind it. The responder's own.</summary>
    public bool IsTold { get; set; }

    /// <summary>Whether something sent to a writer has not ended, or ended with nobody knowing how.</summary>
    public bool HasUnresolved => Volatile.Read(ref _unresolvedCount) > 0;

    /// <summary>One more is about to be sent.</summary>
    public void Sent() => Interlocked.Increment(ref _unresolvedCount);

    /// <summary>What became of one that was sent is known.</summary>
    public void Resolved() => Interlocked.Decrement(ref _unresolvedCount);

    /// <summary>Nothing may be sent any more; true for the first who says so.</summary>
    public bool TryLose(ErrorCode failure) =>
        Interlocked.CompareExchange(ref _failure, (int)failure, (int)ErrorCode.None) == (int)ErrorCode.None;
}
