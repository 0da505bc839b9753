using System.Collections.Concurrent;
using Spillway.Rpc.Wal;

namespace Spillway.Rpc.Reading;

/// <summary>
/// Ranges of whichever writer they belong to: a client for each address, made when it is needed and kept. Writers are few and their addresses
/// change seldom, so none is let go. Thread-safe.
/// </summary>
public sealed class RoutedWalReadService(RoutedWalReadService.FindAddress findAddress) : IWalReadService, IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<RpcChannel>> _channels = new(StringComparer.Ordinal);

    /// <summary>Where a writer is reached now; null where it is not known or does not live.</summary>
    public delegate ValueTask<string?> FindAddress(int writerId, CancellationToken cancellationToken);

    /// <inheritdoc/>
    public async Task<WalRange> ReadRangeAsync(ReadRangeRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (await findAddress(request.WriterId, cancellationToken) is not { Length: > 0 } address)
        {
            throw new RpcException(RpcStatusCode.Unavailable, $"Writer {request.WriterId} is not there.");
        }

        var channel = _channels.GetOrAdd(address, static a => new Lazy<RpcChannel>(() => new RpcChannel(new Uri(a)))).Value;
        return await new RemoteWalReadService(channel).ReadRangeAsync(request, cancellationToken);
    }

    /// <summary>Closes the connections.</summary>
    public void Dispose()
    {
        foreach (var channel in _channels.Values)
        {
            channel.Value.Dispose();
        }
    }
}
