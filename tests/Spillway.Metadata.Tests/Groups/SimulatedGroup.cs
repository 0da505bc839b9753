using Google.Protobuf;
using Spillway.Kafka.Errors;
using Spillway.Metadata.Groups;
using Spillway.Metadata.Topics;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Tests.Groups;

/// <summary>
/// A coordinator that crashes, writes that come late, fail, or fail and were made all the same, and clients that do what
/// clients do and much that they should not. Checks at every answer what Kafka promises.
/// </summary>
internal sealed class SimulatedGroup
{
    public const int PartitionCount = 12;

    private readonly Random _random;
    private readonly SimulatedMember[] _members;
    private readonly Queue<(GroupWrite Write, ErrorCode Error)> _writes = new();
    private readonly Dictionary<(int Life, int Generation), string> _leaders = [];
    private readonly Guid _topic = Guid.NewGuid();
    private readonly GroupLimits _limits;
    private int _lastId;
    private int _lastPlan;

    public SimulatedGroup(int seed)
    {
        _random = new Random(seed);
        _limits = GroupLimits.Default with { InitialRebalanceDelayMs = _random.Next(2) * 3_000, SizeMax = 6 };
        _members = [.. Enumerable.Range(0, 6).Select(i => new SimulatedMember(this, _random, i % 3 == 0 ? $"i{i}" : null))];
        State.TryCreateTopic("t", PartitionCount, _topic);
    }

    public StateContext State { get; } = new();

    public GroupCore Core { get; private set; } = new("g");

    public long NowMs { get; private set; }

    /// <summary>Which coordinator this is: those before it are forgotten.</summary>
    public int Life { get; private set; }

    public int CompletedSyncs { get; private set; }

    public int AcceptedCommits { get; private set; }

    public string NextId() => $"m{++_lastId}";

    public GroupLimits Limits => _limits;

    public void Run(int steps)
    {
        for (var i = 0; i < steps; i++)
        {
            switch (_random.Next(20))
            {
                case < 13:
                    _members[_random.Next(_members.Length)].Step();
                    break;
                case < 16:
                    FinishWrite();
                    break;
                case < 19:
                    Advance(_random.Next(_random.Next(10) == 0 ? 20_000 : 500));
                    break;
                default:
                    if (_random.Next(25) == 0)
                    {
                        Crash();
                    }

                    break;
            }

            TakeWrites();
            foreach (var member in _members)
            {
                member.Look();
            }

            CheckInvariants();
        }
    }

    /// <summary>From here on everybody behaves: the group must come to rest, with all in it and all partitions given out.</summary>
    public void ComeToRest()
    {
        for (var i = 0; i < 400; i++)
        {
            foreach (var member in _members)
            {
                member.Look();
                member.Behave();
                TakeWrites();
            }

            while (_writes.Count > 0)
            {
                FinishWrite();
                TakeWrites();
            }

            Advance(250);
            CheckInvariants();
        }

        Assert.Equal(GroupState.Stable, Core.State);
        Assert.Equal(_members.Length, Core.MemberCount);
        Assert.All(_members, m => Assert.Equal(Core.GenerationId, m.SyncedGeneration));
        var given = Core.Members.SelectMany(m => Plan.Read(m.Assignment).Partitions).Order();
        Assert.Equal(Enumerable.Range(0, PartitionCount), given);
        Assert.Equal(Core.GenerationId, State.State.Groups.Find("g")!.Metadata!.GenerationId);
    }

    /// <summary>A leader was told who is in; what it sends back.</summary>
    public List<MemberAssignment> MakePlan(JoinGroupResult joined)
    {
        var plan = ++_lastPlan;
        return [.. joined.Members.Select((member, place) => new MemberAssignment
        {
            MemberId = member.MemberId,
            Assignment = new Plan(plan, joined.GenerationId, [.. Enumerable.Range(0, PartitionCount)
                .Where(p => p % joined.Members.Count == place)]).Write(),
        })];
    }

    /// <summary>There is one leader a generation. (One that skips its assignment goes on for its predecessor.)</summary>
    public void Joined(JoinGroupResult joined)
    {
        if (joined.Leader == joined.MemberId && !joined.SkipAssignment)
        {
            var leader = _leaders.TryAdd((Life, joined.GenerationId), joined.MemberId)
                ? joined.MemberId
                : _leaders[(Life, joined.GenerationId)];
            Assert.Equal(leader, joined.MemberId);
        }

        Assert.True(joined.GenerationId <= Core.GenerationId, "A generation that is not there yet.");
    }

    public void Synced(string memberId, int generation, SyncGroupResult synced)
    {
        CompletedSyncs++;
        Assert.Equal(Core.GenerationId, generation);
        Assert.Equal(generation, State.State.Groups.Find("g")!.Metadata!.GenerationId);
        if (synced.Assignment.Length > 0)
        {
            Assert.Equal(generation, Plan.Read(synced.Assignment).Generation);
        }

        var kept = State.State.Groups.Find("g")!.Metadata!.Members.FirstOrDefault(m => m.MemberId == memberId);
        Assert.Equal(kept?.Assignment ?? ByteString.Empty, synced.Assignment);
    }

    public void Commit(string memberId, string? instanceId, int generation)
    {
        var call = new CommitOffsetsCall { GroupId = "g", MemberId = memberId, GenerationId = generation };
        if (instanceId is not null)
        {
            call.GroupInstanceId = instanceId;
        }

        call.Offsets.Add(new OffsetToCommit { TopicId = TopicIds.Write(_topic), Offset = 1, Metadata = "" });
        if (Core.CheckCommit(call, NowMs) != ErrorCode.None)
        {
            return;
        }

        Assert.Equal(generation < 0 ? -1 : Core.GenerationId, generation);
        var error = (ErrorCode)State.Apply<CommitOffsetsResult>(new Command { CommitOffsets = call }).ErrorCodes[0];
        if (error == ErrorCode.None)
        {
            AcceptedCommits++;
            Assert.True(generation < 0 || State.State.Groups.Find("g")!.Metadata!.GenerationId == generation);
        }
    }

    private void CheckInvariants()
    {
        if (Core.State != GroupState.Stable)
        {
            return;
        }

        var plans = Core.Members.Where(m => m.Assignment.Length > 0).Select(m => Plan.Read(m.Assignment)).ToList();
        Assert.True(plans.Select(p => p.Number).Distinct().Count() <= 1, "Two plans in one generation.");
        Assert.All(plans, p => Assert.Equal(Core.GenerationId, p.Generation));
        var partitions = plans.SelectMany(p => p.Partitions).ToList();
        Assert.Equal(partitions.Count, partitions.Distinct().Count());
    }

    // The log takes what it is given in order; whether the coordinator learns how it went is another matter.
    private void TakeWrites()
    {
        while (Core.TakeWrite() is { } write)
        {
            var made = _random.Next(20) != 0;
            if (made)
            {
                State.Apply<GroupChangeResult>(write.Change);
            }

            _writes.Enqueue((write, made && _random.Next(20) != 0 ? ErrorCode.None : ErrorCode.NotCoordinator));
        }
    }

    private void FinishWrite()
    {
        if (_writes.TryDequeue(out var next))
        {
            next.Write.Done(next.Error, NowMs);
        }
    }

    private void Advance(long ms)
    {
        var end = NowMs + ms;
        while (Core.NextDeadlineMs <= end)
        {
            NowMs = Math.Max(NowMs, Core.NextDeadlineMs);
            Core.Tick(NowMs);
            TakeWrites();
        }

        NowMs = end;
    }

    private void Crash()
    {
        Life++;
        Core.Abandon(ErrorCode.NotCoordinator);
        _writes.Clear();
        State.Restore(State.Snapshot());
        Core = GroupCore.Restore("g", State.State.Groups.Find("g")?.Metadata, NowMs);
    }
}
