using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Standalone.Tests.Admin;

/// <summary>Client metrics (KIP-714) over the wire; who may push when is in the tests of the frontend.</summary>
public sealed class TelemetryApiTests(AdminBroker broker) : IClassFixture<AdminBroker>
{
    private readonly ConfigApiContext _configs = new(broker);

    [Fact]
    public async Task A_client_is_given_an_id_and_what_to_push_and_pushes_it()
    {
        var name = $"m-{Guid.NewGuid():N}";
        Assert.Equal(
            ErrorCode.None,
            (await _configs.AlterAsync(
                ConfigApiContext.ClientMetrics,
                name,
                ("metrics", ConfigApiContext.Set, "org.apache.kafka.producer.,org.apache.kafka.consumer."),
                ("interval.ms", ConfigApiContext.Set, "60000"),
                ("match", ConfigApiContext.Set, "client_id=admin-.*"))).Error);

        var told = await broker.AskAsync<GetTelemetrySubscriptionsResponse>(new GetTelemetrySubscriptionsRequest(), 0);
        var pushed = await PushAsync(told.ClientInstanceId, told.SubscriptionId);
        var tooSoon = await PushAsync(told.ClientInstanceId, told.SubscriptionId);
        var unknown = await PushAsync(Guid.NewGuid(), told.SubscriptionId);
        var nobody = await PushAsync(Guid.Empty, told.SubscriptionId);
        await _configs.ReplaceAsync(ConfigApiContext.ClientMetrics, name);
        var after = await PushAsync(told.ClientInstanceId, told.SubscriptionId);

        Assert.Equal(0, told.ErrorCode);
        Assert.NotEqual(Guid.Empty, told.ClientInstanceId);
        Assert.Equal(["org.apache.kafka.consumer.", "org.apache.kafka.producer."], told.RequestedMetrics);
        Assert.Equal((60_000, 1_048_576, true), (told.PushIntervalMs, told.TelemetryMaxBytes, told.DeltaTemporality));
        Assert.Equal([4, 3, 1, 2], told.AcceptedCompressionTypes.Select(t => (int)t));
        Assert.Equal(
            (ErrorCode.None, ErrorCode.ThrottlingQuotaExceeded, ErrorCode.UnknownSubscriptionId, ErrorCode.InvalidRequest),
            (pushed, tooSoon, unknown, nobody));
        Assert.Equal(ErrorCode.UnknownSubscriptionId, after);
        using var http = new HttpClient();
        var metrics = await http.GetStringAsync(new Uri($"http://127.0.0.1:{broker.HttpPort}/metrics"), AdminBroker.Ct);
        Assert.Contains("spillway_frontend_telemetry_pushes_total", metrics, StringComparison.Ordinal);
    }

    private async Task<ErrorCode> PushAsync(Guid instanceId, int subscriptionId) =>
        (ErrorCode)(await broker.AskAsync<PushTelemetryResponse>(
            new PushTelemetryRequest { ClientInstanceId = instanceId, SubscriptionId = subscriptionId, Metrics = new byte[10] }, 0)).ErrorCode;
}
