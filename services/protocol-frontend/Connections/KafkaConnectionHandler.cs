using Microsoft.AspNetCore.Connections;
using Spillway.Kafka.Buffers;

namespace Spillway.ProtocolFrontend.Connections;

/// <summary>Kestrel's way in: one call a connection.</summary>
internal sealed class KafkaConnectionHandler(
    RequestDispatcher dispatcher,
    ConnectionRegistry connections,
    BufferPool pool,
    ProtocolFrontendOptions options,
    BrokerSettings settings,
    TimeProvider time,
    ProtocolFrontendMetrics metrics,
    ILogger<KafkaConnectionHandler> logger) : ConnectionHandler
{
    private readonly ByteBudget _budget = metrics.Observe(new ByteBudget(options.InFlightBytesMax));

    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        await using var client = new KafkaConnection(
            connection, dispatcher, pool, _budget, settings.RequestBytesMax, time, logger);
        metrics.ConnectionOpened();
        var served = client.RunAsync();
        connections.Add(client, served);
        try
        {
            await served.ConfigureAwait(false);
        }
        finally
        {
            connections.Remove(client);
            metrics.ConnectionClosed();
        }
    }
}
