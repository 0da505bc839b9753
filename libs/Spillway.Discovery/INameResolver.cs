using System.Net;

namespace Spillway.Discovery;

/// <summary>The seam to the name service of the machine.</summary>
public interface INameResolver
{
    /// <summary>All addresses of a name; a <see cref="System.Net.Sockets.SocketException"/> where it has none.</summary>
    Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken);
}
