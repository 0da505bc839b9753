using Spillway.Kafka.Errors;
using Spillway.ProtocolFrontend.Telemetry;
using Xunit;

namespace Spillway.ProtocolFrontend.Tests.Telemetry;

/// <summary>Who may ask and push when, and what a subscription matches (KIP-714, ClientMetricsInstance and ClientMetricsManager).</summary>
public sealed class TelemetryClientTests
{
    private const int SubscriptionId = 7;
    private const int IntervalMs = 1000;

    private readonly TelemetryClient _client = new(SubscriptionId, ["*"], IntervalMs);

    [Fact]
    public void A_client_asks_once_an_interval()
    {
        Assert.Equal(ErrorCode.None, _client.Ask(0));
        Assert.Equal(ErrorCode.ThrottlingQuotaExceeded, _client.Ask(999));
        Assert.Equal(ErrorCode.None, _client.Ask(1000));
    }

    [Fact]
    public void A_push_right_after_asking_is_never_too_soon()
    {
        Assert.Equal(ErrorCode.None, Push(0));
        Assert.Equal(ErrorCode.ThrottlingQuotaExceeded, Push(500));
        Assert.Equal(ErrorCode.None, Push(1000));
        Assert.Equal(ErrorCode.None, _client.Ask(2000));
        Assert.Equal(ErrorCode.None, Push(2001));
    }

    [Fact]
    public void Who_was_told_that_its_subscription_is_not_the_one_may_ask_at_once()
    {
        _client.Ask(0);
        Assert.Equal(ErrorCode.UnknownSubscriptionId, Push(1, subscriptionId: 8));

        Assert.Equal(ErrorCode.None, _client.Ask(2));
        Assert.Equal(ErrorCode.ThrottlingQuotaExceeded, _client.Ask(3));
    }

    [Theory]
    [InlineData(5, 10, ErrorCode.UnsupportedCompressionType)]
    [InlineData(-1, 10, ErrorCode.UnsupportedCompressionType)]
    [InlineData(4, 101, ErrorCode.TelemetryTooLarge)]
    [InlineData(4, 100, ErrorCode.None)]
    public void What_cannot_be_taken_is_refused(sbyte compression, int bytes, ErrorCode error) =>
        Assert.Equal(error, Push(0, compression: compression, bytes: bytes));

    [Fact]
    public void The_last_push_may_come_early_and_is_the_last()
    {
        Assert.Equal(ErrorCode.None, Push(0));
        Assert.Equal(ErrorCode.None, Push(1, terminating: true));
        Assert.Equal(ErrorCode.InvalidRequest, Push(5000));
    }

    [Fact]
    public void A_subscription_matches_when_all_its_patterns_do()
    {
        var subscription = new TelemetrySubscription(new Dictionary<string, string>
        {
            ["metrics"] = "a,b", ["match"] = "client_software_name=librdkafka,client_source_port=90.*",
        });

        Assert.True(subscription.Matches(Traits("librdkafka", "9001")));
        Assert.False(subscription.Matches(Traits("librdkafka", "8001")));
        Assert.False(subscription.Matches(Traits("librdkafka2", "9001")));
        Assert.True(new TelemetrySubscription(new Dictionary<string, string>()).Matches(Traits("x", "1")));
        Assert.Equal(["a", "b"], subscription.Metrics);
        Assert.Equal(300_000, subscription.PushIntervalMs);
    }

    private static TelemetryClientTraits Traits(string software, string port) => new(Guid.NewGuid(), "c", software, "1", "127.0.0.1", port);

    private ErrorCode Push(long nowMs, int subscriptionId = SubscriptionId, sbyte compression = 0, int bytes = 10, bool terminating = false) =>
        _client.Push(nowMs, subscriptionId, compression, bytes, metricsBytesMax: 100, terminating);
}
