using System.Globalization;
using Spillway.Kafka.Configs;
using Spillway.Storage.Wal;

namespace Spillway.Standalone.CommandLine;

/// <summary>Reads the command line. Every mistake gets one line that names it and an example.</summary>
internal static class StandaloneArguments
{
    public const string Usage =
        """
        Spillway, all five services in one process.

          --data DIR               folder that everything is kept in (./data)
          --wal file|s3            where a produce is made durable: in a folder (file), or as objects of the object store (s3)
          --port N                 port of the Kafka listener on 127.0.0.1 (9092)
          --advertised HOST:PORT   what clients are told to connect to, and listen on all addresses
          --http-port N            port of health and metrics (9644)
          --set KEY=VALUE          a broker config under Kafka's own name, e.g. --set num.partitions=4 (repeatable)
          --Spillway:SECTION:KEY=VALUE   any setting of docs/configuration.md
        """;

    /// <summary>The options; or an error; or neither when the usage was asked for.</summary>
    public static (StandaloneOptions? Options, string? Error) Parse(IReadOnlyList<string> args)
    {
        var options = new StandaloneOptions();
        var rest = new List<string>();
        for (var i = 0; i < args.Count; i++)
        {
            var (name, inline) = Split(args[i]);
            if (name is "--help" or "-h")
            {
                return (null, null);
            }

            if (!IsOurs(name))
            {
                if (!name.StartsWith("--Spillway:", StringComparison.OrdinalIgnoreCase))
                {
                    return (null, $"unknown argument '{args[i]}'; --help lists them, for example --port 9092");
                }

                rest.Add(args[i]);
                continue;
            }

            var value = inline ?? (i + 1 < args.Count ? args[++i] : null);
            var error = value is null ? $"{name} needs a value, for example {Example(name)}" : Take(options, name, value);
            if (error is not null)
            {
                return (null, error);
            }
        }

        options.HostArguments = [.. rest];
        return (options, null);
    }

    private static (string Name, string? Value) Split(string argument)
    {
        var at = argument.IndexOf('=', StringComparison.Ordinal);
        return at > 0 && IsOurs(argument[..at]) ? (argument[..at], argument[(at + 1)..]) : (argument, null);
    }

    private static bool IsOurs(string name) => name is "--data" or "--wal" or "--port" or "--advertised" or "--http-port" or "--set";

    private static string Example(string name) => name switch
    {
        "--data" => "--data ./data",
        "--wal" => "--wal s3",
        "--port" => "--port 9092",
        "--advertised" => "--advertised broker.example.com:9092",
        "--http-port" => "--http-port 9644",
        _ => "--set num.partitions=4",
    };

    private static string? Take(StandaloneOptions options, string name, string value)
    {
        switch (name)
        {
            case "--data":
                options.DataFolder = value;
                return value.Length > 0 ? null : $"{name} needs a folder, for example {Example(name)}";
            case "--wal":
                return value switch
                {
                    "file" => Do(() => options.WalKind = WalVolumeKind.File),
                    "s3" => Do(() => options.WalKind = WalVolumeKind.S3),
                    _ => $"{name} is 'file' or 's3', not '{value}'; for example {Example(name)}",
                };
            case "--port":
                return TryPort(value, out var port) ? Do(() => options.KafkaPort = port) : BadPort(name, value);
            case "--http-port":
                return TryPort(value, out var httpPort) ? Do(() => options.HttpPort = httpPort) : BadPort(name, value);
            case "--advertised":
                return TakeAdvertised(options, value);
            default:
                return TakeBrokerConfig(options, value);
        }
    }

    private static string? Do(Action action)
    {
        action();
        return null;
    }

    private static bool TryPort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port <= 65535;

    private static string BadPort(string name, string value) =>
        $"{name} '{value}' is no port from 0 to 65535; for example {Example(name)}";

    private static string? TakeAdvertised(StandaloneOptions options, string value)
    {
        var colon = value.LastIndexOf(':');
        if (colon <= 0 || !TryPort(value[(colon + 1)..], out var port) || port == 0)
        {
            return $"--advertised '{value}' is not HOST:PORT; for example {Example("--advertised")}";
        }

        (options.AdvertisedHost, options.AdvertisedPort) = (value[..colon].Trim('[', ']'), port);
        return null;
    }

    private static string? TakeBrokerConfig(StandaloneOptions options, string value)
    {
        var equals = value.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
        {
            return $"--set '{value}' is not KEY=VALUE; for example {Example("--set")}";
        }

        var (key, setting) = (value[..equals], value[(equals + 1)..]);
        if (!BrokerConfigs.TryValidate(key, setting, out var error))
        {
            return $"--set {key}: {error}";
        }

        options.BrokerConfigs[key] = setting;
        return null;
    }
}
