using System.Net;

namespace Spillway.Discovery;

/// <summary>Asks the operating system.</summary>
public sealed class SystemNameResolver : INameResolver
{
    /// <inheritdoc />
    public Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken) =>
        Dns.GetHostAddressesAsync(host, cancellationToken);
}
