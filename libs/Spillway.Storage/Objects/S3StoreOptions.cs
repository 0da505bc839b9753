namespace Spillway.Storage.Objects;

/// <summary>How S3 is reached.</summary>
public sealed class S3StoreOptions
{
    /// <summary>The bucket; it must exist. No default.</summary>
    public string Bucket { get; init; } = "";

    /// <summary>The region that requests are signed for. Default: <c>us-east-1</c>, which stores other than AWS expect too.</summary>
    public string Region { get; init; } = "us-east-1";

    /// <summary>The URL of a store other than AWS, for example <c>http://minio:9000</c>. Default: none, AWS of the region.</summary>
    public string? Endpoint { get; init; }

    /// <summary>
    /// Bucket in the path rather than in the host name. Default: true with an <see cref="Endpoint"/> and false without, since few stores other
    /// than AWS have a wildcard DNS name.
    /// </summary>
    public bool? ForcePathStyle { get; init; }

    /// <summary>Static credentials; with the secret key or not at all. Default: none, the SDK's chain (environment, profile, role).</summary>
    public string? AccessKey { get; init; }

    /// <summary>The other half of <see cref="AccessKey"/>.</summary>
    public string? SecretKey { get; init; }

    /// <summary>How long one attempt of a request may take. Default: 30 s; a part of 16 MiB passes at 0.5 MiB/s.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Attempts after the first, with backoff. Default: 4, which rides out seconds of throttling; callers retry after that.</summary>
    public int RetriesMax { get; init; } = 4;

    /// <summary>Parts of one upload that are under way at a time. Default: 4, of 16 MiB: one stream does not fill a wide pipe.</summary>
    public int ConcurrentPartsMax { get; init; } = 4;
}
