using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Connections;

namespace Spillway.ProtocolFrontend.Telemetry;

/// <summary>
/// PushTelemetry (KIP-714). What clients push is counted, in pushes and bytes by the client's software; the metrics themselves are not kept, as
/// in a Kafka without a receiver plug-in.
/// </summary>
internal sealed class PushTelemetryHandler(
    TelemetryClients clients, ProtocolFrontendMetrics metrics, ILogger<PushTelemetryHandler> logger)
    : ApiHandler<PushTelemetryRequest, PushTelemetryResponse>(logger)
{
    // Kafka keeps the first hundred UUIDs for itself.
    private static readonly Guid ReservedEnd = new("00000000-0000-0000-0000-000000000064");

    public override ApiKey ApiKey => ApiKey.PushTelemetry;

    protected override ValueTask<PushTelemetryResponse> HandleAsync(RequestContext context, PushTelemetryRequest request)
    {
        if (request.ClientInstanceId.CompareTo(ReservedEnd) < 0)
        {
            return ValueTask.FromResult(Fail(context, request, ErrorCode.InvalidRequest));
        }

        var error = clients.Push(
            TelemetryClientTraits.Of(context, request.ClientInstanceId),
            request.SubscriptionId,
            request.CompressionType,
            request.Metrics.Length,
            request.Terminating);
        metrics.TelemetryPushed(context.Connection.State.SoftwareName, error, request.Metrics.Length);
        return ValueTask.FromResult(new PushTelemetryResponse { ErrorCode = (short)error });
    }

    protected override PushTelemetryResponse Fail(RequestContext context, PushTelemetryRequest request, ErrorCode error) =>
        new() { ErrorCode = (short)error };
}
