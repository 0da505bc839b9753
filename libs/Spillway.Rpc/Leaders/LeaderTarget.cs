using System.Diagnostics.CodeAnalysis;

namespace Spillway.Rpc.Contracts;

/// <summary>
/// The node that calls go to while it is taken for the leader. When another one is, <see cref="Lost"/> ends what is under way
/// here, for it may hang on a node that is gone; not before a node that is there had the time to say itself what became of it.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A call that comes late asks for the token, and the timer frees itself.")]
internal sealed class LeaderTarget(RpcChannel channel, ulong term)
{
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource _lost = new();

    public RpcChannel Channel { get; } = channel;

    public Uri Address => Channel.Address;

    /// <summary>The term in which it is said to lead; 0 where nobody said so yet. Guarded by the owner's lock.</summary>
    public ulong Term { get; set; } = term;

    /// <summary>Whether it says so itself. Guarded by the owner's lock.</summary>
    public bool Confirmed { get; set; }

    public CancellationToken Lost => _lost.Token;

    /// <summary>Ends what is under way, soon.</summary>
    public void Lose() => _lost.CancelAfter(Grace);
}
