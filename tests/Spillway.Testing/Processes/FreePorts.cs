using System.Net;
using System.Net.Sockets;

namespace Spillway.Testing.Processes;

/// <summary>Ports that nobody listened on a moment ago.</summary>
public static class FreePorts
{
    /// <summary>
    /// One port, below the range the system gives to outgoing connections: a port of that range may be taken by a client of the very server
    /// between its death and its restart.
    /// </summary>
    public static int Take() => TakeBase([0]);

    /// <summary>A port that is free with every one of the distances added to it.</summary>
    public static int TakeBase(IReadOnlyList<int> distances)
    {
        var random = new Random(Guid.NewGuid().GetHashCode());
        for (var attempt = 0; attempt < 200; attempt++)
        {
            var port = random.Next(12_000, 31_000);
            if (distances.All(distance => IsFree(port + distance)))
            {
                return port;
            }
        }

        throw new InvalidOperationException("no free port");
    }

    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
