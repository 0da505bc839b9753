using Spillway.ProtocolFrontend.Connections;

namespace Spillway.ProtocolFrontend.Telemetry;

/// <summary>Metrics that clients push (KIP-714).</summary>
internal static class TelemetryServices
{
    public static IServiceCollection AddTelemetry(this IServiceCollection services) => services
        .AddSingleton<TelemetryClients>()
        .AddSingleton<IApiHandler, GetTelemetrySubscriptionsHandler>()
        .AddSingleton<IApiHandler, PushTelemetryHandler>();
}
