using Spillway.Storage.Objects;

namespace Spillway.EndToEnd.Tests.Processes;

/// <summary>The S3 server that the variables SPILLWAY_TEST_S3_… name.</summary>
internal sealed record S3Server(string Endpoint, string Bucket, string AccessKey, string SecretKey)
{
    public const string WhyNot = "no S3 server: set SPILLWAY_TEST_S3_ENDPOINT, _ACCESS_KEY, _SECRET_KEY and _BUCKET";

    /// <summary>Null where none is named.</summary>
    public static S3Server? FromEnvironment() => Read("ENDPOINT") is { Length: > 0 } endpoint
        ? new S3Server(endpoint, Read("BUCKET"), Read("ACCESS_KEY"), Read("SECRET_KEY"))
        : null;

    /// <summary>A client of it.</summary>
    public S3StoreOptions Options => new() { Endpoint = Endpoint, Bucket = Bucket, AccessKey = AccessKey, SecretKey = SecretKey };

    /// <summary>What a service is told that keeps its objects there: settings without their <c>Spillway:</c>.</summary>
    public string[] Settings(string keyPrefix) =>
    [
        "ObjectStore:Kind=S3",
        $"ObjectStore:KeyPrefix={keyPrefix}",
        $"ObjectStore:S3:Endpoint={Endpoint}",
        $"ObjectStore:S3:Bucket={Bucket}",
        $"ObjectStore:S3:AccessKey={AccessKey}",
        $"ObjectStore:S3:SecretKey={SecretKey}",
    ];

    private static string Read(string name) => Environment.GetEnvironmentVariable("SPILLWAY_TEST_S3_" + name) ?? "";
}
