using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Spillway.Discovery;

/// <summary>One instance of a service, written <c>SERVICE[@ZONE]=HOST:PORT</c>.</summary>
/// <param name="Service">The service's kebab-case name.</param>
/// <param name="Zone">The zone it is in; null where it stands for every zone.</param>
/// <param name="Host">A name or an address; an IPv6 address without its brackets.</param>
/// <param name="Port">The TCP port.</param>
public sealed record ServiceEndpoint(string Service, string? Zone, string Host, int Port)
{
    /// <summary>The address as clients dial it.</summary>
    public string Address => Host.Contains(':', StringComparison.Ordinal)
        ? string.Create(CultureInfo.InvariantCulture, $"[{Host}]:{Port}")
        : string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port}");

    /// <summary>Reads the written form.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out ServiceEndpoint? endpoint)
    {
        endpoint = null;
        var equals = text?.IndexOf('=', StringComparison.Ordinal) ?? -1;
        var colon = text?.LastIndexOf(':') ?? -1;
        if (equals <= 0 || colon <= equals + 1
            || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            || port is < 1 or > 65535)
        {
            return false;
        }

        var name = text![..equals].Split('@');
        var host = text[(equals + 1)..colon];
        var isBracketed = host.Length > 2 && host[0] == '[' && host[^1] == ']';
        if (name.Length > 2 || name.Any(string.IsNullOrWhiteSpace) || host.Any(char.IsWhiteSpace)
            || isBracketed != host.Contains(':', StringComparison.Ordinal))
        {
            return false;
        }

        endpoint = new ServiceEndpoint(name[0], name.Length == 2 ? name[1] : null, isBracketed ? host[1..^1] : host, port);
        return true;
    }

    /// <summary>The written form.</summary>
    public override string ToString() => Zone is null ? $"{Service}={Address}" : $"{Service}@{Zone}={Address}";

    internal bool Serves(string service, string? zone) =>
        Service == service && (zone is null || Zone is null || Zone == zone);
}
