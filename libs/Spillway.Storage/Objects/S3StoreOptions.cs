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

    /// <summary>
    /// Static credentials; with the secret key or not at all. Default: none; then <see cref="Profile"/>, then AWS's chain: environment, web
    /// identity of a Kubernetes service account (IRSA), default profile, container, instance.
    /// </summary>
    public string? AccessKey { get; init; }

    /// <summary>The other half of <see cref="AccessKey"/>.</summary>
    public string? SecretKey { get; init; }

    /// <summary>The third part of temporary credentials; only with <see cref="AccessKey"/>. Default: none.</summary>
    public string? SessionToken { get; init; }

    /// <summary>A profile of AWS's shared configuration files; not with <see cref="AccessKey"/>. Default: none, AWS's chain.</summary>
    public string? Profile { get; init; }

    /// <summary>The file that <see cref="Profile"/> is looked for in. Default: none, where AWS's tools have theirs.</summary>
    public string? ProfilesFile { get; init; }

    /// <summary>Encryption of objects where they lie.</summary>
    public S3EncryptionOptions Encryption { get; init; } = new();

    /// <summary>How long one attempt of a request may take, beside a second for each MiB that it sends. Default: 30 s.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Attempts after the first, each after a random wait whose bound doubles. Default: 4, which rides out seconds of throttling; callers
    /// retry after that. All requests of a process share a budget of retries, so that a store that is away is not asked many times over.
    /// </summary>
    public int RetriesMax { get; init; } = 4;

    /// <summary>Parts of one upload that are under way at a time. Default: 4: one stream does not fill a wide pipe.</summary>
    public int ConcurrentPartsMax { get; init; } = 4;

    /// <summary>
    /// Bytes of a part of an upload; default 64 MiB, 5 MiB to 4 GiB. An object of up to one and a half goes whole, in one request: each part is
    /// paid for as an object is, and an upload in parts costs two requests more.
    /// </summary>
    public long PartBytes { get; init; } = 64L << 20;

    /// <summary>
    /// Reads, and writes, that are under way at a time, at most. Default: 256 of each. The store's word counts below that: each 503 halves
    /// the number, and requests that end well raise it by one a round.
    /// </summary>
    public int ConcurrentRequestsMax { get; init; } = 256;

    internal static long WholeBytesMax(long partBytes) => partBytes + (partBytes / 2);

    internal TimeSpan TimeoutOf(long bodyBytes) => RequestTimeout + TimeSpan.FromSeconds((double)bodyBytes / (1 << 20));
}
