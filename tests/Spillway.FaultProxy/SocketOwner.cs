using System.Globalization;

namespace Spillway.FaultProxy;

/// <summary>
/// Says which process of this machine has a socket, from what Linux shows under /proc. So several callers of one address, as a service that
/// registers itself has only one, can have links of their own.
/// </summary>
public static class SocketOwner
{
    private static readonly string[] Tables = ["/proc/net/tcp", "/proc/net/tcp6"];

    /// <summary>The process among the candidates whose connection goes from one port to the other, or null.</summary>
    public static int? Find(int localPort, int remotePort, IEnumerable<int> candidates)
    {
        if (FindInode(localPort, remotePort) is not { } inode)
        {
            return null;
        }

        var link = $"socket:[{inode}]";
        foreach (var process in candidates)
        {
            if (HasDescriptor(process, link))
            {
                return process;
            }
        }

        return null;
    }

    private static string? FindInode(int localPort, int remotePort)
    {
        // sl local_address rem_address st tx:rx tr:tm retrnsmt uid timeout inode; addresses are hex with the port behind a colon.
        var (local, remote) = (Suffix(localPort), Suffix(remotePort));
        foreach (var table in Tables.Where(File.Exists))
        {
            foreach (var line in File.ReadLines(table))
            {
                var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (fields.Length > 9
                    && fields[1].EndsWith(local, StringComparison.Ordinal)
                    && fields[2].EndsWith(remote, StringComparison.Ordinal)
                    && fields[9] != "0")
                {
                    return fields[9];
                }
            }
        }

        return null;
    }

    private static string Suffix(int port) => ":" + port.ToString("X4", CultureInfo.InvariantCulture);

    private static bool HasDescriptor(int process, string link)
    {
        try
        {
            return new DirectoryInfo($"/proc/{process}/fd").EnumerateFileSystemInfos().Any(descriptor => descriptor.LinkTarget == link);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // It has ended meanwhile.
        }
    }
}
