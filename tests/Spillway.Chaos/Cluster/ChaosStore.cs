namespace Spillway.Chaos.Cluster;

/// <summary>An S3 server on this machine that keeps the cluster's objects, behind a fault proxy.</summary>
/// <param name="Port">Where it listens.</param>
/// <param name="Bucket">A bucket that is there.</param>
/// <param name="AccessKey">Who may use it.</param>
/// <param name="SecretKey">How that is known.</param>
internal sealed record ChaosStore(int Port, string Bucket, string AccessKey, string SecretKey)
{
    /// <summary>The target's name at its proxy.</summary>
    public const string Target = "store";

    private const string Prefix = "SPILLWAY_TEST_S3_";

    /// <summary>The one that the variables SPILLWAY_TEST_S3_… name; null where they name none that is on the loopback.</summary>
    public static ChaosStore? FromEnvironment() =>
        Uri.TryCreate(Read("ENDPOINT"), UriKind.Absolute, out var endpoint) && endpoint is { IsLoopback: true, Scheme: "http" }
            ? new ChaosStore(endpoint.Port, Read("BUCKET"), Read("ACCESS_KEY"), Read("SECRET_KEY"))
            : null;

    private static string Read(string name) => Environment.GetEnvironmentVariable(Prefix + name) ?? "";
}
