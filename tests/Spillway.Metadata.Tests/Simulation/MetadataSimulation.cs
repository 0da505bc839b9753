using Spillway.Metadata.Topics;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Tests.Simulation;

/// <summary>
/// Writers, producers, compactors, readers and admins, one small step of one of them at a time, drawn from a seed. The world
/// checks the invariants as they go.
/// </summary>
internal sealed class MetadataSimulation
{
    private readonly World _world = new();
    private readonly Random _random;
    private readonly SimulatedWriter[] _writers;
    private readonly SimulatedCompactor[] _compactors;
    private readonly Dictionary<(long LogId, long ProducerId), (int Epoch, int Next)> _producers = [];
    private readonly List<BatchCommit> _sent = [];
    private readonly HashSet<long> _logIds = [];
    private int _topics;

    public MetadataSimulation(int seed)
    {
        _random = new Random(seed);
        _writers = [.. Enumerable.Range(0, 3).Select(i => new SimulatedWriter(_world, _random, $"w{i}"))];
        _compactors = [.. Enumerable.Range(0, 2).Select(i => new SimulatedCompactor(_world, _random, $"c{i}"))];
        foreach (var writer in _writers)
        {
            writer.Register();
        }

        foreach (var compactor in _compactors)
        {
            compactor.Register();
        }

        CreateTopic();
        CreateTopic();
    }

    public int MergedRangeCount => _world.MergedRangeCount;

    private StatePair States => _world.States;

    private SimulatedWriter AnyWriter => _writers[_random.Next(_writers.Length)];

    private SimulatedCompactor AnyCompactor => _compactors[_random.Next(_compactors.Length)];

    public void Run(int steps)
    {
        for (var i = 0; i < steps; i++)
        {
            Step();
            if (i % 20 == 0)
            {
                _world.CheckReadable();
            }
        }
    }

    /// <summary>Everybody finishes what there is to do, and nobody begins anything new.</summary>
    public void Quiesce()
    {
        foreach (var writer in _writers)
        {
            writer.Deregister();
        }

        foreach (var compactor in _compactors)
        {
            compactor.Register();
            compactor.Forget();
        }

        // Each round is longer than every lease, grace and backoff; a delete job takes five at most.
        for (var round = 0; round < 400; round++)
        {
            States.NowMs += 100_000;
            Expire();
            Trim(1_000);
            var worked = false;
            foreach (var compactor in _compactors)
            {
                compactor.Register();
                compactor.Forget();
                for (var i = 0; i < 40 && compactor.Step(); i++)
                {
                    worked = true;
                }
            }

            if (!worked && round > 5)
            {
                break;
            }
        }

        _world.CheckReadable();
        _world.CheckNothingIsLeft();
    }

    private void Step()
    {
        switch (_random.Next(100))
        {
            case < 45:
                AnyWriter.Step(NewBatches);
                break;
            case < 47:
                AnyWriter.SendAhead();
                break;
            case < 49:
                AnyWriter.SendDead();
                break;
            case < 53:
                AnyWriter.Seal();
                break;
            case < 54:
                AnyWriter.Register();
                break;
            case < 58:
                AnyWriter.Renew();
                break;
            case < 80:
                AnyCompactor.Step();
                break;
            case < 81:
                AnyCompactor.Forget();
                break;
            case < 85:
                Truncate();
                break;
            case < 86:
                DeleteTopic();
                break;
            case < 87:
                CreateTopic();
                break;
            case < 89:
                Trim(1 + _random.Next(5));
                break;
            case < 91:
                Expire();
                break;
            case < 93:
                States.RestoreFromSnapshot();
                break;
            case < 96:
                _world.Resolve(_random);
                break;
            default:
                States.NowMs += _random.Next(5) == 0 ? _random.Next(40_000) : _random.Next(3_000);
                break;
        }
    }

    private void Expire() =>
        States.Apply<ExpireDeadlines>(new Command { ExpireDeadlines = new ExpireDeadlines() });

    private void Trim(int entriesMax) =>
        States.Apply<TrimIndexes>(new Command { TrimIndexes = new TrimIndexes { EntriesMax = entriesMax } });

    private void CreateTopic()
    {
        if (_world.Logs.Count > 8)
        {
            return;
        }

        Span<byte> id = stackalloc byte[16];
        _random.NextBytes(id);
        var name = $"t{++_topics}";
        States.Apply<CreateTopicsResult>(new Command
        {
            CreateTopics = new CreateTopics
            {
                Topics =
                {
                    new CreateTopic
                    {
                        TopicId = TopicIds.Write(new Guid(id)), Name = name, Partitions = 1 + _random.Next(3), ReplicationFactor = 1,
                    },
                },
            },
        });
        foreach (var log in States.State.Topics.Find(name)!.Partitions)
        {
            Assert.True(_logIds.Add(log.Id.Value), "a log id is given out once");
            _world.Logs.Add(log.Id.Value, new ModelLog());
        }
    }

    private void DeleteTopic()
    {
        var topic = States.State.Topics.FindLog(AnyLog())!.Topic;
        if (_world.Logs.Count == topic.Partitions.Count)
        {
            return;
        }

        foreach (var log in topic.Partitions)
        {
            _world.Logs.Remove(log.Id.Value);
        }

        States.Apply<DeleteTopicsResult>(new Command
        {
            DeleteTopics = new DeleteTopicsCall { Topics = { new TopicReference { Name = topic.Name } } },
        });
    }

    private void Truncate()
    {
        var logId = AnyLog();
        var model = _world.Logs[logId];
        var before = _random.NextInt64(model.NextOffset + 1);
        model.LogStartOffset = Math.Max(model.LogStartOffset, before);
        var result = States.Apply<DeleteRecordsResult>(new Command
        {
            DeleteRecords = new DeleteRecordsCall { Logs = { new LogTruncation { LogId = logId, BeforeOffset = before } } },
        });
        Assert.Equal(model.LogStartOffset, result.Logs[0].LogStartOffset);
    }

    private long AnyLog() => _world.Logs.Keys.ElementAt(_random.Next(_world.Logs.Count));

    private List<BatchCommit> NewBatches()
    {
        var batches = new List<BatchCommit>();
        for (var i = 1 + _random.Next(6); i > 0; i--)
        {
            batches.Add(NewBatch());
        }

        return batches;
    }

    private BatchCommit NewBatch()
    {
        if (_sent.Count > 0 && _random.Next(5) == 0)
        {
            // Again, or a little wrong.
            var again = _sent[Math.Max(0, _sent.Count - 1 - _random.Next(40))].Clone();
            again.BaseSequence = (again.BaseSequence + (_random.Next(4) == 0 ? _random.Next(30) : 0)) & int.MaxValue;
            again.ProducerEpoch += _random.Next(20) == 0 ? 1 : 0;
            return again;
        }

        var logId = AnyLog();
        var batch = new BatchCommit
        {
            LogId = logId,
            Length = 50 + _random.Next(100),
            RecordCount = 1 + _random.Next(9),
            ProducerId = -1,
            ProducerEpoch = -1,
            BaseSequence = -1,
        };
        if (_random.Next(2) == 0)
        {
            Number(batch, _random.Next(3));
        }

        return batch;
    }

    private void Number(BatchCommit batch, long producerId)
    {
        // The first sequence lies where it soon wraps around.
        var (epoch, next) = _producers.GetValueOrDefault((batch.LogId, producerId), (0, int.MaxValue - 20));
        if (_random.Next(50) == 0)
        {
            (epoch, next) = (epoch + 1, 0);
        }

        batch.ProducerId = producerId;
        batch.ProducerEpoch = epoch;
        batch.BaseSequence = next;
        _producers[(batch.LogId, producerId)] = (epoch, (int)(((long)next + batch.RecordCount) & int.MaxValue));
        _sent.Add(batch.Clone());
    }
}
