namespace Spillway.Rpc.Contracts;

/// <summary>Where the services that a process calls are: section <c>Spillway:Neighbours</c>, the same in every service.</summary>
public sealed class NeighbourOptions
{
    /// <summary>The section these values are bound from.</summary>
    public const string Section = "Spillway:Neighbours";

    /// <summary>What is wrong with <see cref="Metadata"/> where <see cref="AreAddresses"/> says no.</summary>
    public const string AddressesRule = "must be URLs, separated by commas, all http or all https";

    /// <summary>How it is done right.</summary>
    public const string AddressesExample = "http://metadata-0:7100,http://metadata-1:7100,http://metadata-2:7100";

    /// <summary>
    /// URLs of the metadata nodes, separated by commas; one is enough to find the others, more to start while it is away. Default:
    /// the one on this machine at its default port.
    /// </summary>
    public string Metadata { get; init; } = "http://127.0.0.1:7100";

    /// <summary>URL of the zone-router. Default: the one on this machine at its default port.</summary>
    public string ZoneRouter { get; init; } = "http://127.0.0.1:7300";

    /// <summary>The nodes of <see cref="Metadata"/>.</summary>
    /// <returns>The addresses, in their order.</returns>
    public IReadOnlyList<Uri> MetadataAddresses() => [.. Split(Metadata).Select(static address => new Uri(address))];

    /// <summary>Whether a channel can be opened to the text.</summary>
    public static bool IsAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address)
        && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps);

    /// <summary>Whether the text is one or more of those, separated by commas, and all with TLS or all without.</summary>
    public static bool AreAddresses(string text)
    {
        var addresses = Split(text);
        return addresses.Length > 0 && addresses.All(IsAddress)
            && addresses.Select(static address => new Uri(address).Scheme).Distinct().Count() == 1;
    }

    private static string[] Split(string text) =>
        text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
