using System.Net;
using System.Net.Sockets;

namespace Spillway.Discovery.Tests;

/// <summary>Answers by what the test wrote down; an address resolves to itself, any other name to nothing.</summary>
internal sealed class ScriptedNameResolver : INameResolver
{
    public Dictionary<string, string[]> Addresses { get; } = [];

    public int QueryCount { get; private set; }

    public Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        QueryCount++;
        if (IPAddress.TryParse(host, out var address))
        {
            return Task.FromResult<IPAddress[]>([address]);
        }

        return Addresses.TryGetValue(host, out var addresses)
            ? Task.FromResult<IPAddress[]>([.. addresses.Select(IPAddress.Parse)])
            : Task.FromException<IPAddress[]>(new SocketException((int)SocketError.HostNotFound));
    }
}
