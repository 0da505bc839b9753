using Microsoft.Extensions.Logging.Abstractions;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;
using Spillway.Testing;

namespace Spillway.Rpc.Tests.Leaders;

public class MetadataChannelsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_call_goes_on_to_the_leader_that_a_node_names_and_later_ones_go_there_at_once()
    {
        await using var one = await FakeNode.StartAsync(1);
        await using var two = await FakeNode.StartAsync(2);
        FakeNode.Elect(1, two, one);
        await using var channels = To(one);

        Assert.Equal(2, await CallAsync(channels, CallRule.IfNotDone));
        var asked = one.Calls;
        Assert.Equal(2, await CallAsync(channels, CallRule.Once));

        Assert.Equal(two.Address, channels.Leader);
        Assert.True(asked <= 1, "one refusal at most");
        Assert.Equal(asked, one.Calls);
    }

    [Fact]
    public async Task A_call_that_may_not_be_repeated_is_not_even_where_it_was_refused()
    {
        await using var one = await FakeNode.StartAsync(1);
        FakeNode.Elect(1, one);
        await using var channels = To(one);
        one.OnCall = _ => throw NotLeader.ToException(RpcStatusCode.Unavailable, "not here", null, 1);

        await Assert.ThrowsAsync<RpcException>(() => CallAsync(channels, CallRule.Once));

        Assert.Equal(1, one.Calls);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_call_of_unknown_outcome_is_repeated_only_where_that_does_no_harm(bool repeatable)
    {
        await using var one = await FakeNode.StartAsync(1);
        FakeNode.Elect(1, one);
        await using var channels = To(one);
        one.OnCall = _ => one.Calls == 1
            ? throw new RpcException(RpcStatusCode.DeadlineExceeded, "it is not known")
            : Task.FromResult(new RenewReply { LeaseMs = 1 });

        var call = CallAsync(channels, repeatable ? CallRule.Repeatable : CallRule.IfNotDone);

        if (repeatable)
        {
            Assert.Equal(1, await call);
            Assert.Equal(2, one.Calls);
        }
        else
        {
            Assert.Equal(RpcStatusCode.DeadlineExceeded, (await Assert.ThrowsAsync<RpcException>(() => call)).Code);
            Assert.Equal(1, one.Calls);
        }
    }

    [Fact]
    public async Task Without_a_leader_a_call_is_patient_but_not_busy()
    {
        await using var one = await FakeNode.StartAsync(1);
        await using var two = await FakeNode.StartAsync(2);
        await using var channels = To(one, two);
        var started = TimeProvider.System.GetTimestamp();

        var failure = await Assert.ThrowsAsync<RpcException>(() => CallAsync(channels, CallRule.Repeatable));

        Assert.NotNull(NotLeader.Find(failure));
        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.FromSeconds(2), QuietMachine.Bound(TimeSpan.FromSeconds(10)));
        Assert.InRange(one.Calls + two.Calls, 5, 40);
    }

    [Fact]
    public async Task When_the_leader_is_gone_a_call_waits_for_the_next_one()
    {
        var one = await FakeNode.StartAsync(1);
        await using var two = await FakeNode.StartAsync(2);
        FakeNode.Elect(1, one, two);
        await using var channels = To(one, two);
        Assert.Equal(1, await CallAsync(channels, CallRule.Repeatable));
        await one.DisposeAsync();

        // The first to find the connection dead can't know whether its call was done; who comes later can.
        var asked = two.Asked;
        var repeatable = CallAsync(channels, CallRule.Repeatable);
        await Eventually.TrueAsync(() => two.Asked > asked, "the other node is asked who leads", Token);
        var unique = CallAsync(channels, CallRule.IfNotDone);
        (two.Leader, two.Term) = (two, 2);

        Assert.Equal(2, await repeatable);
        Assert.Equal(2, await unique);
    }

    /// <summary>Or a coordinator would take an end that waited for it for one that has just come.</summary>
    [Fact]
    public async Task The_end_of_a_transaction_says_how_long_it_has_waited_each_time_that_it_is_sent()
    {
        await using var one = await FakeNode.StartAsync(1);
        await using var channels = To(one);

        await Assert.ThrowsAsync<RpcException>(() => new RemoteTransactionService(channels)
            .EndTransactionAsync(new EndTransactionCall { TransactionalId = "t", WaitedMs = 7 }, Token));

        var waited = one.Ends.ConvertAll(static end => end.WaitedMs);
        Assert.True(waited.Count > 2, "it was sent again");
        Assert.Equal(7, waited[0]);
        Assert.Equal(waited.Order(), waited);
        Assert.True(waited[^1] > 1_000, $"{waited[^1]} ms at last");
    }

    [Fact]
    public async Task A_leader_that_stands_still_loses_its_calls_and_streams_to_the_next_one()
    {
        await using var one = await FakeNode.StartAsync(1);
        await using var two = await FakeNode.StartAsync(2);
        FakeNode.Elect(1, one, two);
        await using var channels = To(one, two);
        await using var stream = channels.ServerStreamAsync(ClusterImageMethods.Watch, new WatchImageRequest(), Token)
            .GetAsyncEnumerator(Token);
        Assert.True(await stream.MoveNextAsync());
        Assert.Equal(1, await CallAsync(channels, CallRule.Repeatable));

        one.Frozen = true;
        var repeatable = CallAsync(channels, CallRule.Repeatable);
        var unique = CallAsync(channels, CallRule.IfNotDone);
        await Eventually.TrueAsync(() => one.Calls >= 3, "the calls hang", Token);
        (two.Leader, two.Term) = (two, 2);

        Assert.Equal(2, await repeatable);
        Assert.Equal(RpcStatusCode.DeadlineExceeded, (await Assert.ThrowsAsync<RpcException>(() => unique)).Code);
        Assert.Equal(
            RpcStatusCode.Unavailable,
            (await Assert.ThrowsAsync<RpcException>(async () => await stream.MoveNextAsync())).Code);
    }

    [Fact]
    public async Task Who_claims_to_lead_in_an_earlier_term_is_not_believed()
    {
        await using var one = await FakeNode.StartAsync(1);
        await using var two = await FakeNode.StartAsync(2);
        FakeNode.Elect(5, two, one);
        await using var channels = To(one, two);
        Assert.Equal(2, await CallAsync(channels, CallRule.Repeatable));

        (one.Leader, one.Term) = (one, 4);
        var started = TimeProvider.System.GetTimestamp();
        await Eventually.TrueAsync(
            () => TimeProvider.System.GetElapsedTime(started) > TimeSpan.FromSeconds(1.5), "both were asked", Token);

        Assert.Equal(two.Address, channels.Leader);
    }

    [Fact]
    public async Task Nodes_that_were_not_configured_are_learnt()
    {
        var one = await FakeNode.StartAsync(1);
        await using var two = await FakeNode.StartAsync(2);
        await using var three = await FakeNode.StartAsync(3);
        FakeNode.Elect(1, one, two, three);
        one.Members = [one, two, three];
        await using var channels = To(one);
        await Eventually.TrueAsync(() => channels.Addresses.Count == 3, "all are known", Token);

        await one.DisposeAsync();
        FakeNode.Elect(2, three, two);

        Assert.Equal(3, await CallAsync(channels, CallRule.Repeatable));
    }

    [Fact]
    public async Task A_leader_that_cannot_be_reached_where_others_say_is_called_where_it_answers()
    {
        await using var one = await FakeNode.StartAsync(1);
        await using var two = await FakeNode.StartAsync(2);
        FakeNode.Elect(1, two, one);
        var opened = new List<Uri>();
        // Node 2 is configured by another name than the one it is told by, under which nobody listens from here.
        var alias = new UriBuilder(two.Address) { Host = "127.0.0.1" }.Uri;
        await using var channels = new MetadataChannels(
            [one.Address, alias],
            address => new RpcChannel(address == two.Address ? new Uri("http://127.0.0.1:1") : address),
            TimeProvider.System,
            NullLogger<MetadataChannels>.Instance);

        await Eventually.TrueAsync(() => channels.Leader == alias, "the name that works", Token);

        Assert.Equal(2, await CallAsync(channels, CallRule.Repeatable));
    }

    [Fact]
    public async Task Who_speaks_TLS_follows_nobody_to_plain_text()
    {
        await using var one = await FakeNode.StartAsync(1);
        await using var two = await FakeNode.StartAsync(2);
        FakeNode.Elect(1, two, one);
        var secure = new UriBuilder(one.Address) { Scheme = "https" }.Uri;
        await using var channels = new MetadataChannels(
            [secure], _ => new RpcChannel(one.Address), TimeProvider.System, NullLogger<MetadataChannels>.Instance);

        await Assert.ThrowsAsync<RpcException>(() => CallAsync(channels, CallRule.IfNotDone));

        Assert.Equal([secure], channels.Addresses);
        Assert.Equal(0, two.Calls);
    }

    [Theory]
    [InlineData("http://metadata:7100", true)]
    [InlineData("http://a:1, http://b:1 ,http://c:1", true)]
    [InlineData("https://a:1,https://b:1", true)]
    [InlineData("https://a:1,http://b:1", false)]
    [InlineData("http://a:1,b:1", false)]
    [InlineData("", false)]
    [InlineData(",", false)]
    public void Addresses_are_separated_by_commas(string text, bool sound) =>
        Assert.Equal(sound, NeighbourOptions.AreAddresses(text));

    private static MetadataChannels To(params FakeNode[] nodes) => new(
        [.. nodes.Select(static node => node.Address)],
        static address => new RpcChannel(address),
        TimeProvider.System,
        NullLogger<MetadataChannels>.Instance);

    private static async Task<long> CallAsync(MetadataChannels channels, CallRule rule) =>
        (await channels.UnaryAsync(RegistrationMethods.Renew, new RenewRequest(), rule, Token)).LeaseMs;
}
