using System.Globalization;

namespace Spillway.Raft.Transport;

/// <summary>An address as membership and options name it: <c>host:port</c>, <c>1.2.3.4:port</c> or <c>[::1]:port</c>.</summary>
/// <param name="Host">A name or an IP address, without brackets.</param>
/// <param name="Port">1 to 65535.</param>
public readonly record struct HostAndPort(string Host, int Port)
{
    /// <summary>Reads an address.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="address">What it says.</param>
    /// <returns>Whether it is one.</returns>
    public static bool TryParse(string text, out HostAndPort address)
    {
        ArgumentNullException.ThrowIfNull(text);
        address = default;
        var colon = text.LastIndexOf(':');
        if (colon <= 0 || !int.TryParse(
            text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is 0 or > 65535)
        {
            return false;
        }

        var host = text[..colon];
        if (host[0] == '[' && host[^1] == ']')
        {
            host = host[1..^1];
        }
        else if (host.Contains(':', StringComparison.Ordinal))
        {
            return false; // IPv6 without brackets: where does the port begin?
        }

        address = new HostAndPort(host, port);
        return host.Length > 0 && !host.Any(char.IsWhiteSpace);
    }

    /// <inheritdoc/>
    public override string ToString() =>
        Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
