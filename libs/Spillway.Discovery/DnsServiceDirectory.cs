using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Spillway.Discovery;

/// <summary>
/// A directory of names: every address behind a name is an instance. A name that does not resolve keeps its last addresses.
/// Thread-safe; answers are at most one refresh period old.
/// </summary>
public sealed class DnsServiceDirectory(
    IEnumerable<ServiceEndpoint> names, INameResolver resolver, TimeSpan refreshPeriod, TimeProvider time) : IServiceDirectory
{
    private readonly ServiceEndpoint[] _names = [.. names];
    private readonly ConcurrentDictionary<ServiceEndpoint, Resolved> _resolved = new();

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<ServiceEndpoint>> FindAsync(
        string service, string? zone, CancellationToken cancellationToken)
    {
        var matching = _names.Where(name => name.Serves(service, zone));
        var found = await Task.WhenAll(matching.Select(name => ResolveAsync(name, cancellationToken)));
        return [.. found.SelectMany(endpoints => endpoints)];
    }

    /// <inheritdoc />
    public async IAsyncEnumerable<IReadOnlyList<ServiceEndpoint>> WatchAsync(
        string service, string? zone, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var last = await FindAsync(service, zone, cancellationToken);
        yield return last;
        using var timer = new PeriodicTimer(refreshPeriod, time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            var current = await FindAsync(service, zone, cancellationToken);
            if (!current.SequenceEqual(last))
            {
                yield return last = current;
            }
        }
    }

    private async Task<ServiceEndpoint[]> ResolveAsync(ServiceEndpoint name, CancellationToken cancellationToken)
    {
        var known = _resolved.GetValueOrDefault(name);
        if (known is not null && time.GetElapsedTime(known.Timestamp) < refreshPeriod)
        {
            return known.Endpoints;
        }

        ServiceEndpoint[] endpoints;
        try
        {
            // Sorted, as servers rotate their answers, and the same set in another order is no change.
            endpoints = [.. (await resolver.ResolveAsync(name.Host, cancellationToken))
                .Select(address => address.ToString())
                .Distinct()
                .Order(StringComparer.Ordinal)
                .Select(address => name with { Host = address })];
        }
        catch (SocketException)
        {
            endpoints = known?.Endpoints ?? [];
        }

        _resolved[name] = new Resolved(endpoints, time.GetTimestamp());
        return endpoints;
    }

    private sealed record Resolved(ServiceEndpoint[] Endpoints, long Timestamp);
}
