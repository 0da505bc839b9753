namespace Spillway.S3Compactor.Sessions;

/// <summary>
/// The registration as the job loop sees it. The registration loop sets it whole; jobs of an epoch that ended are cancelled. Thread-safe.
/// </summary>
internal sealed class CompactorSession
{
    private Epoch? _epoch;

    /// <summary>The identity, null while there is none.</summary>
    public CompactorIdentity? Identity => Volatile.Read(ref _epoch)?.Identity;

    /// <summary>Cancelled when the identity's epoch ends; cancelled already where it is not the current one.</summary>
    public CancellationToken EndOf(CompactorIdentity identity) =>
        Volatile.Read(ref _epoch) is { } epoch && epoch.Identity == identity ? epoch.Ended.Token : new CancellationToken(canceled: true);

    public void Begin(CompactorIdentity identity) => Volatile.Write(ref _epoch, new Epoch(identity, new CancellationTokenSource()));

    /// <summary>Ends the identity's epoch, unless a later one took its place.</summary>
    public void End(CompactorIdentity identity)
    {
        var epoch = Volatile.Read(ref _epoch);
        if (epoch?.Identity == identity && Interlocked.CompareExchange(ref _epoch, null, epoch) == epoch)
        {
            // Not disposed: a job may still hold its token, and it has no timer to leak.
            epoch.Ended.Cancel();
        }
    }

    private sealed record Epoch(CompactorIdentity Identity, CancellationTokenSource Ended);
}
