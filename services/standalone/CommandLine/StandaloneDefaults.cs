using System.Globalization;
using Spillway.Storage.Wal;

namespace Spillway.Standalone.CommandLine;

/// <summary>The settings of the five modules for one folder on one machine, under whatever the environment and the command line say.</summary>
internal static class StandaloneDefaults
{
    public static void AddStandaloneDefaults(this ConfigurationManager configuration, StandaloneOptions options)
    {
        var settings = Make(options);

        // What was said by environment or command line stays on top: only what nobody said is added.
        foreach (var key in settings.Keys.Where(key => configuration[key] is not null).ToList())
        {
            settings.Remove(key);
        }

        configuration.AddInMemoryCollection(settings);
    }

    private static Dictionary<string, string?> Make(StandaloneOptions options)
    {
        // In an object store it is the begin of the keys.
        var wal = options.WalKind == WalVolumeKind.S3 ? "wal" : Path.Combine(options.DataFolder, "wal");
        var settings = new Dictionary<string, string?>
        {
            ["Spillway:Service:HttpPort"] = Text(options.HttpPort),
            ["Spillway:Service:DrainTime"] = "00:00:04.500",
            ["Spillway:Metadata:DataFolder"] = Path.Combine(options.DataFolder, "metadata"),
            ["Spillway:ObjectStore:Folder"] = Path.Combine(options.DataFolder, "objects"),
            ["Spillway:WalWriter:Name"] = "standalone",
            ["Spillway:WalWriter:SegmentBytes"] = Text(64 << 20),
            ["Spillway:WalWriter:Volumes:0:Name"] = "wal",
            ["Spillway:WalWriter:Volumes:0:Path"] = wal,
            ["Spillway:S3Compactor:Name"] = "standalone",
            ["Spillway:S3Compactor:Volumes:0:Name"] = "wal",
            ["Spillway:S3Compactor:Volumes:0:Path"] = wal,
            ["Spillway:ProtocolFrontend:Name"] = "standalone",
            ["Spillway:ProtocolFrontend:Volumes:0:Name"] = "wal",
            ["Spillway:ProtocolFrontend:Volumes:0:Path"] = wal,
            ["Spillway:ProtocolFrontend:ListenPort"] = Text(options.KafkaPort),
        };
        foreach (var service in new[] { "WalWriter", "S3Compactor", "ProtocolFrontend" })
        {
            settings[$"Spillway:{service}:Volumes:0:Kind"] = options.WalKind.ToString();
        }

        if (options.AdvertisedHost is not null)
        {
            settings["Spillway:ProtocolFrontend:ListenAddress"] = "0.0.0.0";
            settings["Spillway:ProtocolFrontend:AdvertisedHost"] = options.AdvertisedHost;
            settings["Spillway:ProtocolFrontend:AdvertisedPort"] = Text(options.AdvertisedPort!.Value);
        }

        foreach (var (key, value) in options.BrokerConfigs)
        {
            settings[$"Spillway:Broker:{key}"] = value;
        }

        return settings;
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
