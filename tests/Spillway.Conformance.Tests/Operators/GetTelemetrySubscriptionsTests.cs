using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Operators;

/// <summary>GetTelemetrySubscriptions: KIP-714.</summary>
[Collection(TelemetryCollection.Name)]
public sealed class GetTelemetrySubscriptionsTests(BrokerFixture broker)
{
    private static readonly ApiCases<GetTelemetrySubscriptionsRequest, GetTelemetrySubscriptionsResponse> Table = new()
    {
        {
            "a client that asks again too soon is THROTTLING_QUOTA_EXCEEDED", Versions.All, async run =>
            {
                var request = new GetTelemetrySubscriptionsRequest { ClientInstanceId = Guid.NewGuid() };
                Expect.NoError((await run.AskAsync(request)).ErrorCode);
                Expect.Error(ErrorCode.ThrottlingQuotaExceeded, (await run.AskAsync(request)).ErrorCode);
            }
        },
        {
            "a client without an instance id is given one", Versions.All, async run =>
            {
                var first = await run.AskAsync(new());
                var second = await run.AskAsync(new());
                Expect.NoError(first.ErrorCode);
                Assert.NotEqual(Guid.Empty, first.ClientInstanceId);
                Assert.NotEqual(first.ClientInstanceId, second.ClientInstanceId);
            }
        },
        {
            "a client with an instance id keeps it", Versions.All, async run =>
            {
                var id = Guid.NewGuid();
                Assert.Equal(id, (await run.AskAsync(new() { ClientInstanceId = id })).ClientInstanceId);
            }
        },
        {
            // Five minutes; zstd, lz4, gzip, snappy, as Kafka orders them; telemetry.max.bytes.
            "a client that nobody subscribed to is told how it would push", Versions.All, async run =>
            {
                var answer = await run.AskAsync(new());
                Assert.Empty(answer.RequestedMetrics);
                Assert.Equal((300_000, 1 << 20), (answer.PushIntervalMs, answer.TelemetryMaxBytes));
                Assert.Equal([4, 3, 1, 2], answer.AcceptedCompressionTypes.Select(static t => (int)t));
            }
        },
        {
            "a client that a subscription matches is told its metrics and interval", Versions.All, async run =>
            {
                run.Wire.ClientId = CaseRun.NewName("client");
                var change = new IncrementalAlterConfigsRequest.AlterConfigsResource
                {
                    ResourceType = ConfigResources.ClientMetrics,
                    ResourceName = CaseRun.NewName("subscription"),
                    Configs =
                    {
                        new() { Name = "metrics", Value = "org.apache.kafka.producer." },
                        new() { Name = "interval.ms", Value = "60000" },
                        new() { Name = "match", Value = $"client_id={run.Wire.ClientId}" },
                    },
                };
                var altered = await run.AskAsync<IncrementalAlterConfigsResponse>(
                    new IncrementalAlterConfigsRequest { Resources = { change } }, 1);
                Expect.NoError(altered.Responses[0].ErrorCode);
                var answer = await run.AskAsync(new());

                Assert.Equal(["org.apache.kafka.producer."], answer.RequestedMetrics);
                Assert.Equal(60_000, answer.PushIntervalMs);
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task GetTelemetrySubscriptions_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);
}
