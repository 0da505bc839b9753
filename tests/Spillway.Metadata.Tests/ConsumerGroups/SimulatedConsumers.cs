using Spillway.Kafka;
using Spillway.Kafka.Errors;
using Spillway.Metadata.ConsumerGroups;
using Spillway.Metadata.Groups;

namespace Spillway.Metadata.Tests.ConsumerGroups;

/// <summary>
/// Consumers that come, go, crash, revoke slowly, lose answers and repeat themselves, topics that grow, and leaders that die with writes that
/// were made, were not, or nobody knows. What a consumer owns is what it was told and has not confirmed to have given up: the invariant is
/// about that, not about what the coordinator believes.
/// </summary>
internal sealed class SimulatedConsumers
{
    private const string Topics = "abc";

    private readonly Random _random;
    private readonly List<ISimulatedClient> _consumers = [];
    private readonly Queue<(GroupWrite Write, bool Made, bool Told)> _writes = new();
    private readonly bool _faults;
    private int _lastId;

    public SimulatedConsumers(int seed, bool mixed = false)
    {
        _random = new Random(seed);
        _faults = _random.Next(4) != 0;
        foreach (var name in Topics)
        {
            FakeTopics.Put(name.ToString(), _random.Next(1, 6));
        }

        for (var i = 0; i < 6; i++)
        {
            var instanceId = i % 3 == 0 ? $"i{i}" : null;
            _consumers.Add(mixed ? new SimulatedProcess(this, _random, instanceId) : new SimulatedConsumer(this, _random, instanceId));
        }
    }

    public StateContext State { get; } = new();

    public FakeGroupTopics FakeTopics { get; } = new();

    public IGroupCore Core { get; private set; } = new GroupCore("g");

    public GroupLimits Limits { get; } = GroupLimits.Default with { InitialRebalanceDelayMs = 0 };

    public long NowMs { get; private set; }

    public int Handovers { get; private set; }

    public int Crashes { get; private set; }

    public int Writes { get; private set; }

    /// <summary>From one protocol to the other.</summary>
    public int Migrations { get; private set; }

    private readonly Dictionary<TopicIdPartition, ISimulatedClient> _lastOwner = [];

    public string NextId() => $"m{++_lastId:000}";

    public void Run(int steps)
    {
        for (var i = 0; i < steps; i++)
        {
            switch (_random.Next(40))
            {
                case < 30:
                    _consumers[_random.Next(_consumers.Count)].Step();
                    break;
                case < 35:
                    FinishWrite();
                    break;
                case < 38:
                    Advance(_random.Next(_random.Next(12) == 0 ? 50_000 : 1_500));
                    break;
                case 38 when _random.Next(8) == 0:
                    var name = Topics[_random.Next(Topics.Length)].ToString();
                    FakeTopics.Put(name, FakeTopics.Find(name)!.Value.PartitionCount + 1);
                    break;
                case 39 when _random.Next(15) == 0:
                    Crash();
                    break;
            }

            TakeWrites();
            _consumers.ForEach(c => c.Look());
            Check();
        }
    }

    /// <summary>From here on everybody behaves: all come in, and all is given out.</summary>
    public void ComeToRest()
    {
        // A roll that goes through to the end, in either direction, or stops half-way.
        var roll = _random.Next(3);
        foreach (var process in roll == 0 ? [] : _consumers.OfType<SimulatedProcess>())
        {
            process.Restart(classic: roll == 1);
            Drain();
        }

        for (var i = 0; i < 250; i++)
        {
            foreach (var consumer in _consumers)
            {
                consumer.Look();
                consumer.Behave();
                Drain();
                consumer.Look();
            }

            Advance(1_000);
            Check();
        }

        var group = State.State.Groups.Find("g")!;
        if (_consumers.All(c => c is SimulatedProcess { IsClassic: true }))
        {
            Assert.Null(group.Consumer);
            Assert.Equal(GroupState.Stable, Assert.IsType<GroupCore>(Core).State);
        }
        else
        {
            Assert.Equal(ConsumerGroupState.Stable, group.Consumer!.State);
        }

        Assert.All(_consumers, c => Assert.Equal(Core.GenerationId, c.Epoch));
        var owned = _consumers.SelectMany(c => c.Owned).ToList();
        var wanted = _consumers.SelectMany(c => c.TopicNames).Distinct().Sum(t => FakeTopics.Find(t)!.Value.PartitionCount);
        Assert.Equal(wanted, owned.Count);

        // Quiet: another round of heartbeats writes nothing.
        var writes = Writes;
        _consumers.ForEach(c => c.Behave());
        TakeWrites();
        Assert.Equal(writes, Writes);
    }

    private void Drain()
    {
        TakeWrites();
        while (_writes.Count > 0)
        {
            FinishWrite();
            TakeWrites();
        }
    }

    private void Check()
    {
        var owners = new Dictionary<TopicIdPartition, ISimulatedClient>();
        foreach (var consumer in _consumers.Where(c => IsMember(c.Id)))
        {
            foreach (var partition in consumer.Owned)
            {
                Assert.True(owners.TryAdd(partition, consumer), $"{partition} is owned by {consumer.Id} and another.");
                if (_lastOwner.TryGetValue(partition, out var before) && before != consumer)
                {
                    Handovers++;
                }

                _lastOwner[partition] = consumer;
            }
        }
    }

    /// <summary>A consumer that is not in the group any more has had its session: it stops by itself, as real ones do.</summary>
    public bool IsMember(string id) => State.State.Groups.Find("g") switch
    {
        { Consumer: { } consumer } => consumer.Members.ContainsKey(id),
        var kept => Core is GroupCore core ? core.Members.Any(m => m.Id == id) : kept?.Metadata?.Members.Any(m => m.MemberId == id) == true,
    };

    // The log takes what it is given in order; whether the coordinator learns how it went is another matter.
    private void TakeWrites()
    {
        while (Core.Successor is { } successor)
        {
            Migrations += Core.MemberCount > 0 ? 1 : 0;
            Core = successor;
        }

        while (Core.TakeWrite() is { } write)
        {
            Writes++;
            var made = !_faults || _random.Next(30) != 0;
            _writes.Enqueue((write, made, made && (!_faults || _random.Next(30) != 0)));
        }
    }

    private void FinishWrite()
    {
        if (!_writes.TryDequeue(out var next))
        {
            return;
        }

        var accepted = next.Made && State.Apply<GroupChangeResult>(next.Write.Change).Accepted;
        next.Write.Done(accepted && next.Told ? ErrorCode.None : ErrorCode.NotCoordinator, NowMs);
        if (Core.IsSpent || (next.Made && !accepted))
        {
            Core.Abandon(ErrorCode.NotCoordinator);
            Load();
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
        Crashes++;
        Core.Abandon(ErrorCode.NotCoordinator);

        // What was in the log's queue may be in the log.
        while (_writes.TryDequeue(out var next))
        {
            if (_random.Next(2) == 0)
            {
                break;
            }

            State.Apply<GroupChangeResult>(next.Write.Change);
        }

        _writes.Clear();
        State.Restore(State.Snapshot());
        Load();
    }

    private void Load() => Core = State.State.Groups.Find("g") is { Consumer: { } consumer }
        ? ConsumerGroupCore.Restore("g", consumer, FakeTopics, Limits, NowMs)
        : GroupCore.Restore("g", State.State.Groups.Find("g")?.Metadata, NowMs);
}
