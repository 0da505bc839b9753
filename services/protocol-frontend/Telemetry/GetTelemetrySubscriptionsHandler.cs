using Spillway.Kafka.Compression;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Connections;

namespace Spillway.ProtocolFrontend.Telemetry;

/// <summary>GetTelemetrySubscriptions (KIP-714): gives a client its instance id, and says what it is to push, and how often.</summary>
internal sealed class GetTelemetrySubscriptionsHandler(TelemetryClients clients, ILogger<GetTelemetrySubscriptionsHandler> logger)
    : ApiHandler<GetTelemetrySubscriptionsRequest, GetTelemetrySubscriptionsResponse>(logger)
{
    public override ApiKey ApiKey => ApiKey.GetTelemetrySubscriptions;

    protected override ValueTask<GetTelemetrySubscriptionsResponse> HandleAsync(
        RequestContext context, GetTelemetrySubscriptionsRequest request)
    {
        var instanceId = request.ClientInstanceId == Guid.Empty ? Guid.NewGuid() : request.ClientInstanceId;
        var (error, client) = clients.Ask(TelemetryClientTraits.Of(context, instanceId));
        return ValueTask.FromResult(error != ErrorCode.None
            ? Fail(context, request, error)
            : new GetTelemetrySubscriptionsResponse
            {
                ClientInstanceId = instanceId,
                SubscriptionId = client.SubscriptionId,
                AcceptedCompressionTypes =
                    [(sbyte)CompressionType.Zstd, (sbyte)CompressionType.Lz4, (sbyte)CompressionType.Gzip, (sbyte)CompressionType.Snappy],
                PushIntervalMs = client.PushIntervalMs,
                TelemetryMaxBytes = clients.MetricsBytesMax,
                DeltaTemporality = true,
                RequestedMetrics = client.Metrics,
            });
    }

    protected override GetTelemetrySubscriptionsResponse Fail(
        RequestContext context, GetTelemetrySubscriptionsRequest request, ErrorCode error) => new() { ErrorCode = (short)error };
}
