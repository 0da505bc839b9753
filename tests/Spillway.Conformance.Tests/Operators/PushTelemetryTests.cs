using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Operators;

/// <summary>PushTelemetry: KIP-714.</summary>
[Collection(TelemetryCollection.Name)]
public sealed class PushTelemetryTests(BrokerFixture broker)
{
    private static readonly ApiCases<PushTelemetryRequest, PushTelemetryResponse> Table = new()
    {
        {
            "no instance id is INVALID_REQUEST", Versions.All, new PushTelemetryRequest(),
            static answer => Expect.Error(ErrorCode.InvalidRequest, answer.ErrorCode)
        },
        {
            "another subscription is UNKNOWN_SUBSCRIPTION_ID", Versions.All, async run =>
            {
                var request = await SubscribeAsync(run);
                request.SubscriptionId++;
                Expect.Error(ErrorCode.UnknownSubscriptionId, (await run.AskAsync(request)).ErrorCode);
            }
        },
        {
            "an unknown codec is UNSUPPORTED_COMPRESSION_TYPE", Versions.All, async run =>
            {
                var request = await SubscribeAsync(run);
                request.CompressionType = 99;
                Expect.Error(ErrorCode.UnsupportedCompressionType, (await run.AskAsync(request)).ErrorCode);
            }
        },
        {
            "more bytes than telemetry.max.bytes are TELEMETRY_TOO_LARGE", Versions.All, async run =>
            {
                var request = await SubscribeAsync(run);
                request.Metrics = new byte[(1 << 20) + 1];
                Expect.Error(ErrorCode.TelemetryTooLarge, (await run.AskAsync(request)).ErrorCode);
            }
        },
        {
            "a push too soon after another is THROTTLING_QUOTA_EXCEEDED", Versions.All, async run =>
            {
                var request = await SubscribeAsync(run);
                Expect.NoError((await run.AskAsync(request)).ErrorCode);
                Expect.Error(ErrorCode.ThrottlingQuotaExceeded, (await run.AskAsync(request)).ErrorCode);
            }
        },
        {
            "a last push may come at any time, and nothing after it", Versions.All, async run =>
            {
                var request = await SubscribeAsync(run);
                Expect.NoError((await run.AskAsync(request)).ErrorCode);
                request.Terminating = true;
                Expect.NoError((await run.AskAsync(request)).ErrorCode);
                Expect.Error(ErrorCode.InvalidRequest, (await run.AskAsync(request)).ErrorCode);
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task PushTelemetry_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static async Task<PushTelemetryRequest> SubscribeAsync(CaseRun run)
    {
        var told = await run.AskAsync<GetTelemetrySubscriptionsResponse>(new GetTelemetrySubscriptionsRequest(), 0);
        return new() { ClientInstanceId = told.ClientInstanceId, SubscriptionId = told.SubscriptionId, Metrics = new byte[10] };
    }
}
