using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Google.Protobuf;
using Spillway.Kafka.Errors;
using Spillway.Rpc;
using Spillway.Rpc.Commit;
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

        var joined = await joining.WaitAsync(TimeSpan.FromMinutes(1), Ct);
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

    // P2, as a writer has it whose stream ends with a leadership: what it sends again there, in order, has the offsets it got or would
    // have got here.
    [Fact]
    public async Task A_commit_stream_breaks_with_the_leadership_and_blocks_sent_again_keep_their_offsets()
    {
        await using var group = await NodeGroup.StartAsync(3);
        var service = new RemoteWalCommitService(group.Channels);
        var blocks = await CreateBlocksAsync(group, service, count: 40);
        var told = new StreamObserver();
        var stream = service.OpenCommitStream(told);
        for (var i = 0; i < 10; i++)
        {
            stream.Commit(blocks[i]);
        }

        await Eventually.TrueAsync(() => told.Outcomes.Count == 10, "the first leader committed", Ct);
        var transfer = group.TransferAsync();
        for (var i = 10; i < blocks.Count; i++)
        {
            stream.Commit(blocks[i]);
        }

        await transfer;
        await Eventually.TrueAsync(() => told.Broken is not null || told.Outcomes.Count == blocks.Count, "the stream ended", Ct);
        await stream.DisposeAsync();
        Assert.NotNull(told.Broken);
        Assert.Equal(Enumerable.Range(1, told.Outcomes.Count).Select(static seq => (long)seq), told.Outcomes.Select(static one => one.BlockSeq));

        // All of them again, as if no answer had come: more have an unknown outcome than a writer would have.
        var again = await CommitAllAsync(service, blocks);

        Assert.Equal(Enumerable.Range(1, blocks.Count).Select(static seq => (long)seq), again.Select(static one => one.BlockSeq));
        Assert.All(again, static one => Assert.Equal((CommitStatus.Committed, one.BlockSeq - 1), (one.Status, one.Batches[0].BaseOffset)));
        Assert.All(
            told.Outcomes, one => Assert.Equal(one.Batches[0].BaseOffset, again[(int)one.BlockSeq - 1].Batches[0].BaseOffset));
    }

    /// <summary>Commits as a writer does that has nothing but unknown outcomes, until one stream gives all the answers.</summary>
    private static async Task<List<BlockOutcome>> CommitAllAsync(RemoteWalCommitService service, List<byte[]> blocks)
    {
        while (true)
        {
            var told = new StreamObserver();
            await using var stream = service.OpenCommitStream(told);
            foreach (var block in blocks)
            {
                stream.Commit(block);
            }

            await Eventually.TrueAsync(() => told.Broken is not null || told.Outcomes.Count == blocks.Count, "the stream ended", Ct);
            if (told.Outcomes.Count == blocks.Count)
            {
                return [.. told.Outcomes];
            }
        }
    }

    private static async Task<List<byte[]>> CreateBlocksAsync(NodeGroup group, RemoteWalCommitService service, int count)
    {
        var writer = await RegisterAsync(group, "w");
        var admin = new RemoteAdminService(group.Channels);
        var created = await admin.CreateTopicsAsync(
            new CreateTopicsCall { Topics = { new NewTopic { Name = "t", Partitions = 1, ReplicationFactor = -1 } } }, Ct);
        Assert.Equal(ErrorCode.None, (ErrorCode)created.Topics[0].ErrorCode);
        var segment = await service.OpenSegmentAsync(
            new OpenSegmentRequest { WriterId = writer.NodeId, WriterEpoch = writer.Epoch, Volume = "v", RequestToken = "t" }, Ct);
        return [.. Enumerable.Range(1, count).Select(seq => new CommitBlockRequest
        {
            WriterId = writer.NodeId,
            WriterEpoch = writer.Epoch,
            SegmentId = segment.SegmentId,
            BlockSeq = seq,
            PayloadPosition = 4096 * seq,
            Batches =
            {
                new BatchCommit { LogId = 1, Length = 100, RecordCount = 1, ProducerId = -1, ProducerEpoch = -1, BaseSequence = -1 },
            },
        }.ToByteArray())];
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

    private sealed class StreamObserver : ICommitObserver
    {
        public ConcurrentQueue<BlockOutcome> Outcomes { get; } = new();

        public RpcException? Broken { get; private set; }

        public void OnAnswered(BlockOutcome outcome) => Outcomes.Enqueue(outcome);

        public void OnBroken(RpcException reason) => Broken = reason;
    }
}
