using System.Globalization;
using Spillway.ProtocolFrontend.Connections;

namespace Spillway.ProtocolFrontend.Telemetry;

/// <summary>What a subscription may choose a client by (KIP-714).</summary>
internal sealed record TelemetryClientTraits(
    Guid InstanceId, string ClientId, string SoftwareName, string SoftwareVersion, string SourceAddress, string SourcePort)
{
    public static TelemetryClientTraits Of(RequestContext context, Guid instanceId) => new(
        instanceId,
        context.ClientId ?? "",
        context.Connection.State.SoftwareName,
        context.Connection.State.SoftwareVersion,
        context.ClientAddress?.ToString() ?? "",
        context.Connection.RemotePort.ToString(CultureInfo.InvariantCulture));

    /// <summary>The value of a name that patterns have; null for any other.</summary>
    public string? Value(string name) => name switch
    {
        "client_instance_id" => KafkaIds.Format(InstanceId),
        "client_id" => ClientId,
        "client_software_name" => SoftwareName,
        "client_software_version" => SoftwareVersion,
        "client_source_address" => SourceAddress,
        "client_source_port" => SourcePort,
        _ => null,
    };
}
