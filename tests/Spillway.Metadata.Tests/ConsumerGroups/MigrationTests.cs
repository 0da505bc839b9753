using Spillway.Kafka.Errors;
using Spillway.Metadata.ConsumerGroups;
using Spillway.Metadata.Groups;

namespace Spillway.Metadata.Tests.ConsumerGroups;

/// <summary>Online migration (KIP-848): members of both protocols in one group, and groups that go over, each way.</summary>
public sealed class MigrationTests
{
    private readonly ConsumerGroupContext _context = new();

    public MigrationTests() => _context.Topics.Put("t", 6);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_first_consumer_takes_a_classic_group_over_and_its_members_stay(bool cooperative)
    {
        var classics = ClassicGroup(2, cooperative);
        var generation = _context.Kept!.Metadata!.GenerationId;
        var consumer = _context.Member();

        consumer.Join();
        Assert.Equal(generation + 1, consumer.Epoch);
        Assert.Empty(consumer.Wanted);
        Assert.Equal(3, _context.Consumers.Members.Count);
        Assert.Null(_context.Kept!.Metadata);
        Assert.All(classics, c => Assert.Equal(ErrorCode.RebalanceInProgress, c.Heartbeat()));

        Settle(classics, consumer);

        Assert.Equal([2, 2, 2], classics.Select(c => c.Owned.Count).Append(consumer.Owned.Count));
        AssertShared(classics, consumer);
        Assert.Equal(ConsumerGroupState.Stable, _context.Consumers.State);
        Assert.All(classics, c => Assert.Equal(ErrorCode.None, c.Heartbeat()));
    }

    [Fact]
    public void A_cooperative_member_keeps_what_it_owns_until_it_has_confirmed_its_revocation()
    {
        var classic = ClassicGroup(1, cooperative: true)[0];
        var consumer = _context.Member();
        consumer.Join();

        classic.Proceed();
        classic.Join();
        consumer.Beat();
        Assert.Empty(consumer.Wanted);
        classic.Sync();
        consumer.Beat();
        Assert.Empty(consumer.Wanted);

        Settle([classic], consumer);
        Assert.Equal((3, 3), (classic.Owned.Count, consumer.Owned.Count));
    }

    [Fact]
    public void What_a_cooperative_member_said_that_it_owns_is_its_own_while_its_generation_is_not_complete()
    {
        var classic = ClassicGroup(1, cooperative: true)[0];
        classic.Join();
        Assert.Equal(GroupState.CompletingRebalance, ((GroupCore)_context.Core).State);
        var consumer = _context.Member();

        consumer.Join();
        consumer.Beat();

        Assert.Empty(consumer.Wanted);
        Assert.Equal(6, _context.Consumers.Members[classic.Id].Assignment!.Assigned.Sum(t => t.Partitions.Count));
    }

    [Fact]
    public void A_late_write_of_the_classic_coordinator_does_not_undo_a_group_that_went_over()
    {
        var classic = ClassicGroup(1, cooperative: false)[0];
        var late = _context.Kept!.Metadata!.Clone();
        var consumer = _context.Member();
        consumer.Join();

        var result = _context.State.Apply<GroupChangeResult>(new Rpc.Metadata.Persisted.Command { PutGroup = late });

        Assert.False(result.Accepted);
        Assert.Contains(classic.Id, _context.Consumers.Members.Keys);
    }

    [Fact]
    public void The_last_consumer_leaves_and_the_classic_members_go_on_among_themselves()
    {
        var classics = ClassicGroup(2, cooperative: false);
        var consumer = _context.Member();
        consumer.Join();
        Settle(classics, consumer);
        var epoch = _context.Consumers.GroupEpoch;

        Assert.Equal(-1, consumer.Leave()!.MemberEpoch);

        Assert.Null(_context.Kept!.Consumer);
        Assert.Equal((epoch, 2), (_context.Kept.Metadata!.GenerationId, _context.Kept.Metadata.Members.Count));
        Assert.All(classics, c => Assert.Equal(ErrorCode.RebalanceInProgress, c.Heartbeat()));
        SettleClassics(classics);
        Assert.Equal(GroupState.Stable, ((GroupCore)_context.Core).State);
        Assert.Equal(6, classics.Sum(c => c.Owned.Count));
        Assert.True(_context.Kept.Metadata.GenerationId > epoch);
    }

    [Fact]
    public void A_consumer_whose_session_ends_is_the_last_one_too()
    {
        var classics = ClassicGroup(1, cooperative: false);
        var consumer = _context.Member();
        consumer.Join();
        Settle(classics, consumer);

        for (var i = 0; i < 10; i++)
        {
            _context.Advance(5_000);
            classics[0].Proceed();
        }

        SettleClassics(classics);
        Assert.Null(_context.Kept!.Consumer);
        Assert.Equal(6, classics[0].Owned.Count);
    }

    [Fact]
    public void A_classic_member_joins_a_consumer_group_and_leaves_it()
    {
        var consumer = _context.StableGroup(1, 6)[0];
        var classic = new ClassicTestConsumer(_context);

        Settle([classic], consumer);
        AssertShared([classic], consumer);
        Assert.Equal((3, 3), (classic.Owned.Count, consumer.Owned.Count));
        Assert.NotNull(_context.Consumers.Members[classic.Id].Member.Classic);
        Assert.Equal(ErrorCode.IllegalGeneration, _context.CheckCommit(classic.Id, classic.Generation - 1, knowsEpochs: false));
        Assert.Equal(ErrorCode.None, _context.CheckCommit(classic.Id, classic.Generation, knowsEpochs: false));

        Assert.Equal(ErrorCode.None, classic.Leave());
        consumer.Beat();
        Assert.Equal(6, consumer.Wanted.Count);
        Assert.Equal(ErrorCode.UnknownMemberId, classic.Heartbeat());
    }

    [Fact]
    public void A_classic_member_that_writes_less_than_its_version_says_is_read_all_the_same()
    {
        var consumer = _context.StableGroup(1, 6)[0];
        var classic = new ClassicTestConsumer(_context) { FilledVersion = 0 };

        Settle([classic], consumer);

        Assert.Equal((3, 3), (classic.Owned.Count, consumer.Owned.Count));
    }

    [Fact]
    public void A_classic_member_that_does_not_join_again_or_does_not_sync_is_turned_out()
    {
        var consumer = _context.StableGroup(1, 6)[0];
        var lazy = new ClassicTestConsumer(_context);
        Settle([lazy], consumer);
        consumer.TopicNames = ["t", "u"];
        consumer.BeatSayingAll();

        for (var i = 0; i < 6; i++)
        {
            Assert.Equal(ErrorCode.RebalanceInProgress, lazy.Heartbeat());
            consumer.Beat();
            _context.Advance(5_000);
        }

        Assert.Equal(ErrorCode.UnknownMemberId, lazy.Heartbeat());
        var silent = new ClassicTestConsumer(_context);
        silent.Id = silent.Join()!.MemberId;
        Assert.Equal(ErrorCode.None, (ErrorCode)silent.Join()!.ErrorCode);
        Assert.Equal(2, _context.Consumers.Members.Count);
        _context.Advance(30_000);
        Assert.Single(_context.Consumers.Members);
    }

    [Fact]
    public void A_static_member_changes_its_protocol_and_keeps_its_partitions()
    {
        var classic = new ClassicTestConsumer(_context, "i");
        var other = new ClassicTestConsumer(_context, "j");
        SettleClassics([classic, other]);
        var partitions = classic.Owned;
        var consumer = _context.Member(instanceId: "i");

        consumer.Join();

        Assert.Equal(partitions, consumer.Wanted);
        Assert.Equal(2, _context.Consumers.Members.Count);
        Assert.Equal(ErrorCode.FencedInstanceId, classic.Heartbeat());

        // And back: the last consumer is replaced.
        var back = new ClassicTestConsumer(_context, "i");
        SettleClassics([back, other]);
        Assert.Null(_context.Kept!.Consumer);
        Assert.Equal(6, back.Owned.Count + other.Owned.Count);
    }

    [Theory]
    [InlineData("disabled", false, false)]
    [InlineData("upgrade", true, false)]
    [InlineData("downgrade", false, true)]
    [InlineData("Bidirectional", true, true)]
    public void The_policy_says_which_way_a_group_may_go(string policy, bool upgrades, bool downgrades)
    {
        Kafka.Configs.BrokerConfig.TryCreate([new("group.consumer.migration.policy", policy)], out var configs, out _);
        _context.Limits = GroupLimits.Read(configs!) with { InitialRebalanceDelayMs = 0 };
        var classics = ClassicGroup(1, cooperative: false);
        var consumer = _context.Member();
        Assert.Equal(upgrades ? ErrorCode.None : ErrorCode.GroupIdNotFound, (ErrorCode)consumer.Join()!.ErrorCode);

        classics[0].Leave();
        consumer.Join();
        var again = new ClassicTestConsumer(_context);
        Settle([again], consumer);
        consumer.Leave();

        Assert.Equal(downgrades, _context.Kept!.Consumer is null);
    }

    [Fact]
    public async Task What_is_not_a_consumer_has_no_part_in_it()
    {
        var consumer = _context.StableGroup(1, 6)[0];
        var reply = new Reply<Rpc.Metadata.JoinGroupResult>();
        var call = new Rpc.Metadata.JoinGroupCall
        {
            GroupId = "g", ProtocolType = "connect", SessionTimeoutMs = 10_000, Protocols = { new Rpc.Metadata.GroupProtocol { Name = "v1" } },
        };
        _context.Core.Join(call, "x", _context.Limits, _context.NowMs, reply);
        Assert.Equal(ErrorCode.InconsistentGroupProtocol, (ErrorCode)(await reply.Task).ErrorCode);
        Assert.Equal(ErrorCode.None, (ErrorCode)consumer.Beat()!.ErrorCode);
        var first = new ClassicTestConsumer(_context);
        Settle([first], consumer);
        Assert.Equal(ErrorCode.InconsistentGroupProtocol,
            (ErrorCode)new ClassicTestConsumer(_context) { Protocols = ["other"] }.Join()!.ErrorCode);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_consumer_comes_back_to_its_empty_group_though_a_classic_member_has_begun_to_join(int steps)
    {
        _context.StableGroup(1, 6)[0].Leave();
        var epoch = _context.Consumers.GroupEpoch;
        var classic = new ClassicTestConsumer(_context);
        for (var i = 0; i < steps; i++)
        {
            classic.Id = classic.Join()!.MemberId;
        }

        var consumer = _context.Member();
        consumer.Join();

        Assert.True(consumer.Epoch > epoch, $"epoch {consumer.Epoch}, {consumer.Error}");
        Assert.Contains(consumer.Id, _context.Consumers.Members.Keys);
    }

    [Fact]
    public void An_empty_group_goes_over_either_way_and_epochs_go_on()
    {
        var classics = ClassicGroup(1, cooperative: false);
        classics[0].Leave();
        var generation = _context.Kept!.Metadata!.GenerationId;
        var consumer = _context.Member();
        Assert.Equal(generation + 1, consumer.Join()!.MemberEpoch);
        consumer.Leave();
        var epoch = _context.Consumers.GroupEpoch;

        var next = new ClassicTestConsumer(_context);
        SettleClassics([next]);

        Assert.Null(_context.Kept.Consumer);
        Assert.Equal(epoch + 1, next.Generation);
    }

    [Fact]
    public void A_mixed_group_goes_on_with_another_leader()
    {
        var classics = ClassicGroup(1, cooperative: true);
        var consumer = _context.Member();
        consumer.Join();
        _context.Restart();
        Settle(classics, consumer);
        AssertShared(classics, consumer);
        var (epoch, writes) = (_context.Consumers.GroupEpoch, _context.WriteCount);

        _context.Restart();

        Assert.Equal(ErrorCode.None, classics[0].Heartbeat());
        consumer.Beat();
        Assert.Equal((ErrorCode.None, epoch, writes), (consumer.Error, _context.Consumers.GroupEpoch, _context.WriteCount));
    }

    private List<ClassicTestConsumer> ClassicGroup(int size, bool cooperative)
    {
        var members = Enumerable.Range(0, size).Select(_ => new ClassicTestConsumer(_context, null, cooperative)).ToList();
        SettleClassics(members);
        Assert.Equal(GroupState.Stable, ((GroupCore)_context.Core).State);
        Assert.Equal(6, members.Sum(m => m.Owned.Count));
        return members;
    }

    private static void SettleClassics(List<ClassicTestConsumer> members)
    {
        for (var round = 0; round < 20; round++)
        {
            members.ForEach(m => m.Proceed());
        }
    }

    private static void Settle(List<ClassicTestConsumer> classics, ConsumerTestMember consumer)
    {
        for (var round = 0; round < 20; round++)
        {
            classics.ForEach(m => m.Proceed());
            consumer.Proceed();
            AssertShared(classics, consumer, all: false);
        }
    }

    private static void AssertShared(List<ClassicTestConsumer> classics, ConsumerTestMember consumer, bool all = true)
    {
        var owned = classics.SelectMany(c => c.Owned).Concat(consumer.Owned).ToList();
        Assert.Equal(owned.Count, owned.Distinct().Count());
        Assert.True(!all || owned.Count == 6);
    }
}
