using System.Runtime.CompilerServices;

namespace Spillway.Discovery;

/// <summary>A directory that is written down: it never changes.</summary>
public sealed class StaticServiceDirectory(IEnumerable<ServiceEndpoint> endpoints) : IServiceDirectory
{
    private readonly ServiceEndpoint[] _endpoints = [.. endpoints];

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<ServiceEndpoint>> FindAsync(string service, string? zone, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Find(service, zone));

    /// <inheritdoc />
    public async IAsyncEnumerable<IReadOnlyList<ServiceEndpoint>> WatchAsync(
        string service, string? zone, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return Find(service, zone);
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
    }

    private IReadOnlyList<ServiceEndpoint> Find(string service, string? zone) =>
        [.. _endpoints.Where(endpoint => endpoint.Serves(service, zone))];
}
