namespace Spillway.Rpc.Contracts;

/// <summary>Where the services that a process calls are: section <c>Spillway:Neighbours</c>, the same in every service.</summary>
public sealed class NeighbourOptions
{
    /// <summary>The section these values are bound from.</summary>
    public const string Section = "Spillway:Neighbours";

    /// <summary>URL of the metadata service. Default: the one on this machine at its default port.</summary>
    public string Metadata { get; init; } = "http://127.0.0.1:7100";

    /// <summary>URL of the zone-router. Default: the one on this machine at its default port.</summary>
    public string ZoneRouter { get; init; } = "http://127.0.0.1:7300";

    /// <summary>Whether a channel can be opened to the text.</summary>
    public static bool IsAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address)
        && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps);
}
