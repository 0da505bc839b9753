namespace Spillway.ProtocolFrontend.Handlers.Partitions;

/// <summary>The one folder of logs that clients are shown: WAL volumes and object store together, the same for all brokers.</summary>
internal static class LogDirs
{
    /// <summary>An absolute path, as Kafka's are; nothing is there.</summary>
    public const string Path = "/spillway";
}
