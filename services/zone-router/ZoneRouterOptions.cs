using System.Net;
using Spillway.ServiceDefaults.Configuration;

namespace Spillway.ZoneRouter;

/// <summary>Settings of the zone-router: section <c>Spillway:ZoneRouter</c>.</summary>
internal sealed class ZoneRouterOptions
{
    public const string Section = "Spillway:ZoneRouter";

    /// <summary>IP address that other services reach this one on. Default 127.0.0.1; containers set 0.0.0.0.</summary>
    public string RpcAddress { get; init; } = "127.0.0.1";

    /// <summary>Port that other services reach this one on. Default 7300.</summary>
    public int RpcPort { get; init; } = 7300;

    /// <summary>
    /// The zone of a client's subnet, by CIDR block (an AZ is a subnet: no client needs a setting). The first block in the order of
    /// longest prefix wins. Default: none.
    /// </summary>
    public Dictionary<string, string> Cidrs { get; init; } = [];

    /// <summary>
    /// Zones that get a column in the table even while no frontend of theirs is alive, so that what clients see does not change with
    /// it. Default: those of the registered frontends.
    /// </summary>
    public IReadOnlyList<string> Zones { get; init; } = [];

    internal static void Validate(ZoneRouterOptions options, OptionsErrors errors)
    {
        errors.Require(IPAddress.TryParse(options.RpcAddress, out _), nameof(RpcAddress), "must be an IP address", "0.0.0.0");
        errors.Require(options.RpcPort is >= 0 and <= 65535, nameof(RpcPort), "must be a port from 0 to 65535", 7300);
        foreach (var (cidr, zone) in options.Cidrs)
        {
            errors.Require(IPNetwork.TryParse(cidr, out _), $"{nameof(Cidrs)}:{cidr}", "must be a CIDR block", "10.0.1.0/24");
            errors.Require(zone.Length > 0, $"{nameof(Cidrs)}:{cidr}", "must name a zone", "eu-west-1a");
        }
    }
}
