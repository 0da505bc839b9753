using Spillway.Storage.Wal;

namespace Spillway.Standalone.CommandLine;

/// <summary>What the command line asked for.</summary>
internal sealed class StandaloneOptions
{
    /// <summary>Folder that everything is kept in. Default: ./data.</summary>
    public string DataFolder { get; set; } = "data";

    /// <summary>What the WAL is made of. Default: a folder.</summary>
    public WalVolumeKind WalKind { get; set; } = WalVolumeKind.File;

    /// <summary>Port of the Kafka listener. Default 9092, Kafka's own.</summary>
    public int KafkaPort { get; set; } = 9092;

    /// <summary>What clients are told to connect to, where it is not 127.0.0.1 and the port listened on.</summary>
    public string? AdvertisedHost { get; set; }

    public int? AdvertisedPort { get; set; }

    /// <summary>Port of health and metrics. Default 9644.</summary>
    public int HttpPort { get; set; } = 9644;

    /// <summary>Broker configs under Kafka's own names.</summary>
    public Dictionary<string, string> BrokerConfigs { get; } = new(StringComparer.Ordinal);

    /// <summary>What is left: configuration keys of ours (<c>--Spillway:WalWriter:RollInterval=00:00:05</c>).</summary>
    public string[] HostArguments { get; set; } = [];
}
