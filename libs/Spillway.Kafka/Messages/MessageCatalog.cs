namespace Spillway.Kafka.Messages;

/// <summary>
/// What the protocol knows of each API: versions, headers, and readers by key. What a server *offers* is its own choice.
/// </summary>
public static partial class MessageCatalog
{
    /// <summary>All API keys of the catalog, ascending.</summary>
    public static ReadOnlySpan<ApiKey> ApiKeys => Keys;

    /// <summary>Whether the key is in the catalog.</summary>
    public static bool IsKnown(ApiKey apiKey) => FindMaxVersion(apiKey) >= 0;

    /// <summary>Whether the key is in the catalog and <paramref name="version"/> in its range.</summary>
    public static bool IsKnown(ApiKey apiKey, short version) =>
        version >= 0 && version >= FindMinVersion(apiKey) && version <= FindMaxVersion(apiKey);

    /// <summary>The oldest version with a schema.</summary>
    public static short MinVersion(ApiKey apiKey) => Known(apiKey, FindMinVersion(apiKey));

    /// <summary>The newest version with a schema.</summary>
    public static short MaxVersion(ApiKey apiKey) => Known(apiKey, FindMaxVersion(apiKey));

    /// <summary>The newest version whose layout Kafka has settled; a server offers no more than that.</summary>
    public static short MaxStableVersion(ApiKey apiKey) => Known(apiKey, FindMaxStableVersion(apiKey));

    /// <summary>The first version with compact lengths and tagged fields; <see cref="short.MaxValue"/> for none.</summary>
    public static short FirstFlexibleVersion(ApiKey apiKey) => Known(apiKey, FindFirstFlexibleVersion(apiKey));

    /// <summary>The version of the header before a request; also for versions that the catalog does not have.</summary>
    public static short RequestHeaderVersion(ApiKey apiKey, short version) =>
        version >= FirstFlexibleVersion(apiKey) ? (short)2 : (short)1;

    /// <summary>
    /// The version of the header before a response. An ApiVersions response always has version 0: the client does not
    /// know yet what the server speaks.
    /// </summary>
    public static short ResponseHeaderVersion(ApiKey apiKey, short version) =>
        apiKey != ApiKey.ApiVersions && version >= FirstFlexibleVersion(apiKey) ? (short)1 : (short)0;

    private static short Known(ApiKey apiKey, short version) =>
        version >= 0 ? version : throw new ArgumentOutOfRangeException(nameof(apiKey), apiKey, "No such API");
}
