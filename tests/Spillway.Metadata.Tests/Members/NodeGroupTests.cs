using System.Runtime.CompilerServices;
using Spillway.Kafka.Errors;
using Spillway.Rpc;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;
using Spillway.Testing;

namespace Spillway.Metadata.Tests.Members;

/// <summary>Several nodes as their callers see them: one answers, the others say who, and a change of leaders is told to all who wait.</summary>
public sealed class NodeGroupTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task All_nodes_have_the_groups_id_and_what_one_was_told()
    {
        await using var group = await NodeGroup.StartAsync(3);

        var registered = await RegisterAsync(group, "w");
        await group.TransferAsync();
        var again = await RegisterAsync(group, "w");

        Assert.Equal(Guid.Parse(NodeGroup.ClusterId), new Guid(registered.ClusterId.Span, bigEndian: true));
        Assert.Equal(registered, again);
    }

    [Fact]
    public async Task A_node_that_does_not_lead_says_where_the_leader_is()
    {
        await using var group = await NodeGroup.StartAsync(3);
        var leader = await group.FindLeaderAsync();
        using var channel = new RpcChannel(group.AddressOf((leader % 3) + 1));

        var failure = await Assert.ThrowsAsync<RpcException>(() => channel.UnaryAsync(
            RegistrationMethods.Register, new RegisterRequest { Kind = NodeKind.Writer, Name = "w", ProcessId = "p" }, Ct));

        Assert.Equal(RpcStatusCode.Unavailable, failure.Code);
        Assert.Equal(group.AddressOf(leader), NotLeader.Find(failure)?.Leader);
    }

    [Fact]
    public async Task Streams_end_where_leadership_ends_and_begin_where_it_begins()
    {
        await using var group = await NodeGroup.StartAsync(3);
        var leader = await group.FindLeaderAsync();
        await using var image = group[leader].Image.WatchAsync(new WatchImageRequest(), Ct).GetAsyncEnumerator(Ct);
        await using var tail = group[leader].Index.WatchTailAsync(Subscriptions(), Ct).GetAsyncEnumerator(Ct);
        Assert.True(await image.MoveNextAsync());
        var tailNews = tail.MoveNextAsync().AsTask();

        await group.TransferAsync();

        Assert.NotNull(NotLeader.Find(await Assert.ThrowsAsync<RpcException>(async () => await image.MoveNextAsync())));
        Assert.NotNull(NotLeader.Find(await Assert.ThrowsAsync<RpcException>(() => tailNews)));
        await using var next = group[await group.FindLeaderAsync()].Image.WatchAsync(new WatchImageRequest(), Ct).GetAsyncEnumerator(Ct);
        Assert.True(await next.MoveNextAsync());
        Assert.True(next.Current.Full);
    }

    [Fact]
    public async Task Who_waits_in_a_rebalance_is_told_when_leadership_moves()
    {
        await using var group = await NodeGroup.StartAsync(3, ("Spillway:Broker:group.initial.rebalance.delay.ms", "60000"));
        var leader = await group.FindLeaderAsync();
        await RegisterAsync(group, "w");
        var joining = group[leader].Groups.JoinGroupAsync(JoinOf("g", ""), Ct);
        await Eventually.TrueAsync(() => StateOf(group[leader].Groups) == "PreparingRebalance", "the member waits", Ct);

        await group.TransferAsync();

        var joined = await joining.WaitAsync(TimeSpan.FromSeconds(20), Ct);
        Assert.Equal(ErrorCode.NotCoordinator, (ErrorCode)joined.ErrorCode);
    }

    [Fact]
    public async Task A_member_keeps_its_generation_under_the_next_leader()
    {
        await using var group = await NodeGroup.StartAsync(3, ("Spillway:Broker:group.initial.rebalance.delay.ms", "0"));
        await RegisterAsync(group, "w");
        var groups = new RemoteGroupService(group.Channels);
        await Eventually.TrueAsync(() => group.Channels.Leader.Port > 0, "a leader", Ct);
        var joined = await JoinAsync(groups);
        await groups.SyncGroupAsync(
            new SyncGroupCall { GroupId = "g", GenerationId = joined.GenerationId, MemberId = joined.MemberId }, Ct);

        await group.TransferAsync();

        var beat = await groups.HeartbeatAsync(
            new HeartbeatCall { GroupId = "g", GenerationId = joined.GenerationId, MemberId = joined.MemberId }, Ct);
        Assert.Equal(ErrorCode.None, (ErrorCode)beat.ErrorCode);
    }

    [Fact]
    public async Task A_leader_that_has_lost_its_majority_answers_nothing_from_its_memory()
    {
        await using var group = await NodeGroup.StartAsync(3, ("Spillway:Broker:group.initial.rebalance.delay.ms", "0"));
        var leader = await group.FindLeaderAsync();
        await RegisterAsync(group, "w");
        var joined = await JoinAsync(group[leader].Groups);
        var heartbeat = new HeartbeatCall { GroupId = "g", GenerationId = joined.GenerationId, MemberId = joined.MemberId };
        await group[leader].Groups.HeartbeatAsync(heartbeat, Ct);

        await Task.WhenAll(Enumerable.Range(1, 3).Where(node => node != leader).Select(group.StopNodeAsync));

        await Eventually.TrueAsync(() => IsRefused(() => group[leader].Groups.HeartbeatAsync(heartbeat, Ct)), "it refuses", Ct);
        Assert.True(IsRefused(() => group[leader].Groups.DescribeGroupsAsync(new DescribeGroupsCall { GroupIds = { "g" } }, Ct)));
    }

    [Fact]
    public async Task A_stop_hands_leadership_over_and_callers_lose_no_call()
    {
        await using var group = await NodeGroup.StartAsync(3);
        var registered = await RegisterAsync(group, "w");
        var renewal = new RenewRequest { Kind = NodeKind.Writer, NodeId = registered.NodeId, Epoch = registered.Epoch };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var renewing = RenewAsync(group, renewal, stop.Token);

        for (var i = 0; i < 3; i++)
        {
            var leader = await group.FindLeaderAsync();
            await group.StopNodeAsync(leader);
            Assert.NotEqual(leader, await group.FindLeaderAsync());
            await group.StartNodeAsync(leader);
            await group.FindLeaderAsync();
        }

        await stop.CancelAsync();
        Assert.True(await renewing > 0);
    }

    private static async Task<int> RenewAsync(NodeGroup group, RenewRequest renewal, CancellationToken stop)
    {
        var count = 0;
        for (; !stop.IsCancellationRequested; count++)
        {
            Assert.False((await group.Registrations.RenewAsync(renewal, Ct)).Fenced);
        }

        return count;
    }

    private static Task<RegisterReply> RegisterAsync(NodeGroup group, string name) => group.Registrations.RegisterAsync(
        new RegisterRequest { Kind = NodeKind.Writer, Name = name, ProcessId = "p" }, Ct);

    private static async Task<JoinGroupResult> JoinAsync(IGroupService groups)
    {
        // Two steps, as clients do: the first gives the member its id.
        JoinGroupResult joined;
        try
        {
            joined = await groups.JoinGroupAsync(JoinOf("g", ""), Ct);
        }
        catch (RpcException e) when (NotLeader.Find(e) is not null)
        {
            joined = await groups.JoinGroupAsync(JoinOf("g", ""), Ct); // never repeated by itself
        }

        Assert.Equal(ErrorCode.None, (ErrorCode)joined.ErrorCode);
        return joined;
    }

    private static JoinGroupCall JoinOf(string group, string member) => new()
    {
        GroupId = group,
        MemberId = member,
        ClientId = "c",
        ClientHost = "/127.0.0.1",
        SessionTimeoutMs = 30_000,
        RebalanceTimeoutMs = 60_000,
        ProtocolType = "consumer",
        Protocols = { new GroupProtocol { Name = "range" } },
    };

    private static string StateOf(IGroupService groups) =>
        groups.DescribeGroupsAsync(new DescribeGroupsCall { GroupIds = { "g" } }, Ct).GetAwaiter().GetResult().Groups.Single().State;

    private static bool IsRefused(Func<Task> call)
    {
        try
        {
            call().GetAwaiter().GetResult();
            return false;
        }
        catch (RpcException e)
        {
            return NotLeader.Find(e) is not null;
        }
    }

    private static async IAsyncEnumerable<TailSubscription> Subscriptions(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        yield return new TailSubscription();
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
    }
}
