using System.Net;

namespace Spillway.ProtocolFrontend.Cluster;

/// <summary>
/// Which zone a client is in (design.md §7): the listener that it came in on, else a marker in its client id, else its address.
/// </summary>
internal sealed class ClientZones(RoutingView routes, ProtocolFrontendOptions options)
{
    private static readonly string[] Markers = ["zone=", "automq_az=", "ws_az=", "diskless_az="];

    /// <summary>The client's zone, or the empty string where nothing tells it.</summary>
    public string Find(string? clientId, IPAddress? address) =>
        options.ListenerIsZoneBound ? options.Zone
        : FindMarker(clientId) ?? (address is null ? null : routes.FindZone(address)) ?? "";

    /// <summary>
    /// The zone among '&amp;'-, ';'- or ','-separated pairs of a client id; what follows a '|' (MirrorMaker appends it) is ignored.
    /// </summary>
    internal static string? FindMarker(string? clientId)
    {
        if (string.IsNullOrEmpty(clientId))
        {
            return null;
        }

        var end = clientId.IndexOf('|', StringComparison.Ordinal);
        var pairs = end < 0 ? clientId.AsSpan() : clientId.AsSpan(0, end);
        foreach (var range in pairs.SplitAny("&;,"))
        {
            var pair = pairs[range].Trim();
            foreach (var marker in Markers)
            {
                if (pair.StartsWith(marker, StringComparison.Ordinal) && pair.Length > marker.Length)
                {
                    return pair[marker.Length..].ToString();
                }
            }
        }

        return null;
    }
}
