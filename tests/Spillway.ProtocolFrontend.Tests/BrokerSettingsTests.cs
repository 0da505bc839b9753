using Xunit;

namespace Spillway.ProtocolFrontend.Tests;

/// <summary>What was set at the start, for all brokers and for this one, as requests see it.</summary>
public sealed class BrokerSettingsTests
{
    private readonly BrokerSettings _settings = new(new BrokerSettingsOptions { Broker = { ["fetch.max.bytes"] = "2000" } });

    [Fact]
    public void What_is_set_at_the_start_counts_until_something_is_set_while_it_runs()
    {
        Assert.Equal(2000, _settings.FetchBytesMax);

        _settings.SetDynamic(Of("connections.max.idle.ms", "5000"), Nobody);
        Assert.Equal(TimeSpan.FromSeconds(5), _settings.ConnectionsMaxIdle);
        Assert.Equal(2000, _settings.FetchBytesMax);

        _settings.SetDynamic(Of("max.incremental.fetch.session.cache.slots", "7"), Nobody);
        Assert.Equal((TimeSpan.FromMinutes(10), 7), (_settings.ConnectionsMaxIdle, _settings.FetchSessionsMax));
    }

    [Fact]
    public void What_is_set_for_one_broker_is_the_strongest_there_and_nothing_elsewhere()
    {
        _settings.SetNode(3);
        var ofThree = new Dictionary<string, IReadOnlyDictionary<string, string>> { ["3"] = Of("request.timeout.ms", "1000") };
        _settings.SetDynamic(Of("request.timeout.ms", "9000"), ofThree);
        Assert.Equal(TimeSpan.FromSeconds(1), _settings.RequestTimeout);

        _settings.SetNode(4);
        Assert.Equal(TimeSpan.FromSeconds(9), _settings.RequestTimeout);
    }

    [Fact]
    public void All_that_requests_ask_for_is_of_the_last_change()
    {
        Assert.True(_settings.AutoCreateTopics);
        Assert.Equal(104_857_600, _settings.RequestBytesMax);
        var first = _settings.Current;

        _settings.SetDynamic(
            new Dictionary<string, string>
            {
                ["auto.create.topics.enable"] = "false",
                ["socket.request.max.bytes"] = "3000",
                ["fetch.max.bytes"] = "4000",
                ["max.incremental.fetch.session.cache.slots"] = "5",
                ["request.timeout.ms"] = "6000",
                ["connections.max.idle.ms"] = "7000",
            },
            Nobody);

        Assert.NotSame(first, _settings.Current);
        Assert.Equal(
            (false, 3000, 4000, 5), (_settings.AutoCreateTopics, _settings.RequestBytesMax, _settings.FetchBytesMax, _settings.FetchSessionsMax));
        Assert.Equal((6.0, 7.0), (_settings.RequestTimeout.TotalSeconds, _settings.ConnectionsMaxIdle.TotalSeconds));
    }

    private static Dictionary<string, IReadOnlyDictionary<string, string>> Nobody { get; } = [];

    private static Dictionary<string, string> Of(string key, string value) => new() { [key] = value };
}
