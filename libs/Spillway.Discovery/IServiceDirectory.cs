namespace Spillway.Discovery;

/// <summary>
/// Where the instances of a service are. Implementations keep the last good answer when their source is away: a service that
/// worked a minute ago is a better guess than none.
/// </summary>
public interface IServiceDirectory
{
    /// <summary>The instances known now, in a stable order; empty when none is.</summary>
    /// <param name="service">The service's kebab-case name.</param>
    /// <param name="zone">Only instances of this zone, and those that stand for every zone; null for all.</param>
    /// <param name="cancellationToken">Ends the wait for the source.</param>
    ValueTask<IReadOnlyList<ServiceEndpoint>> FindAsync(string service, string? zone, CancellationToken cancellationToken);

    /// <summary>The instances known now and again after each change, until cancelled.</summary>
    /// <param name="service">The service's kebab-case name.</param>
    /// <param name="zone">Only instances of this zone, and those that stand for every zone; null for all.</param>
    /// <param name="cancellationToken">Ends the sequence.</param>
    IAsyncEnumerable<IReadOnlyList<ServiceEndpoint>> WatchAsync(string service, string? zone, CancellationToken cancellationToken);
}
