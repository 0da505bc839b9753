using System.Net;
using Spillway.ServiceDefaults.Configuration;

namespace Spillway.ServiceDefaults;

/// <summary>What every service process has: where health and metrics are served, and how long a drain may take.</summary>
public sealed class ServiceOptions
{
    /// <summary>The section these values are bound from.</summary>
    public const string Section = "Spillway:Service";

    /// <summary>
    /// The IP address that health and metrics listen on; default 127.0.0.1, because both are open to whoever
    /// reaches them. Containers set 0.0.0.0.
    /// </summary>
    public string HttpAddress { get; init; } = "127.0.0.1";

    /// <summary>The TCP port of health and metrics, 0 for any free one; default 9644, the habit of Kafka-like brokers.</summary>
    public int HttpPort { get; init; } = 9644;

    /// <summary>
    /// The time between SIGTERM and the last byte; default 25 s, which leaves 5 s of the 30 s grace period of
    /// Kubernetes and compose.
    /// </summary>
    public TimeSpan DrainTime { get; init; } = TimeSpan.FromSeconds(25);

    internal static void Validate(ServiceOptions options, OptionsErrors errors)
    {
        errors.Require(IPAddress.TryParse(options.HttpAddress, out _), nameof(HttpAddress), "must be an IP address", "0.0.0.0");
        errors.Require(options.HttpPort is >= 0 and <= 65535, nameof(HttpPort), "must be a port from 0 to 65535", 9644);
        errors.Require(
            options.DrainTime > TimeSpan.Zero && options.DrainTime <= TimeSpan.FromMinutes(10),
            nameof(DrainTime),
            "must be more than zero and at most ten minutes",
            "00:00:25");
    }
}
