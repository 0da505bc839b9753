using Spillway.Kafka.Errors;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Tests.Transactions;

/// <summary>
/// Producers of some transactional ids, each with the zombies that it left behind, one small step at a time, drawn from a seed: they
/// begin, write, retry, come late, end and are taken over, while transactions time out, records are deleted and states restored.
/// </summary>
internal sealed class TransactionSimulation
{
    private const int Logs = 4;
    private const int Ids = 4;

    private readonly TransactionWorld _world;
    private readonly Random _random;
    private readonly Dictionary<string, List<ModelClient>> _clients = [];
    private readonly List<(ModelClient Client, BatchCommit Batch)> _sent = [];

    public TransactionSimulation(int seed)
    {
        _random = new Random(seed);
        _world = new TransactionWorld(Logs);
        for (var i = 0; i < Ids; i++)
        {
            var id = $"t{i}";
            _clients[id] = [];
            Init(id);
        }

        // Two of them soon need other producer ids.
        _world.UseUpEpochs("t0", 32_730);
        _world.UseUpEpochs("t1", 32_755);
        Init("t0");
        Init("t1");
    }

    public int Committed { get; private set; }

    public int Aborted { get; private set; }

    public int TimedOut { get; private set; }

    public int Fenced { get; private set; }

    /// <summary>Of ids whose epochs were used up.</summary>
    public int Renamed { get; private set; }

    public void Run(int steps)
    {
        for (var i = 0; i < steps; i++)
        {
            Step();
            _world.CheckOffsets();
            if (i % 25 == 0)
            {
                _world.CheckReaders(_random);
            }
        }

        _world.States.RestoreFromSnapshot();
        _world.CheckReaders(_random);
    }

    private ModelClient AnyClient()
    {
        // Mostly the one that should be at work.
        var clients = _clients.Values.ElementAt(_random.Next(Ids));
        return _random.Next(6) > 0 ? clients[^1] : clients[_random.Next(clients.Count)];
    }

    private long AnyLog => _world.LogIds[_random.Next(Logs)];

    private void Step()
    {
        switch (_random.Next(100))
        {
            case < 45:
                Produce(AnyClient());
                break;
            case < 52:
                ProduceAgain();
                break;
            case < 57:
                _world.ProducePlain(AnyLog, 1 + _random.Next(4));
                break;
            case < 65:
                CommitOffset(AnyClient());
                break;
            case < 67:
                _world.CommitPlainOffset($"g{_random.Next(2)}", _random.Next(Logs));
                break;
            case < 82:
                End(AnyClient());
                break;
            case < 84:
                Init(AnyClient().Id);
                break;
            case < 86:
                Recover(AnyClient());
                break;
            case < 88:
                _world.Truncate(AnyLog, _random);
                break;
            case < 91:
                _world.States.RestoreFromSnapshot();
                break;
            case < 94:
                TimedOut += _world.AbortTimedOut();
                break;
            case < 95:
                Force(AnyClient());
                break;
            case < 96:
                _world.UseUpEpochs(_clients.Keys.ElementAt(_random.Next(Ids)), _random.Next(8));
                break;
            default:
                _world.States.NowMs += _random.Next(4_000);
                break;
        }
    }

    private void Init(string id)
    {
        var result = _world.Init(id, -1, -1);
        Assert.Equal(0, result.ErrorCode);
        _clients[id].Add(new ModelClient(id, _random.Next(2) + 1) { ProducerId = result.ProducerId, Epoch = result.ProducerEpoch });
    }

    private void Recover(ModelClient client)
    {
        var mayBe = _world.IsCurrent(client) || _world.IsOneBehind(client);
        var result = _world.Init(client.Id, client.ProducerId, client.Epoch);
        Assert.True(mayBe || result.ErrorCode != 0, "nobody but the current producer recovers");
        if (result.ErrorCode == 0)
        {
            client.Renew(result.ProducerId, result.ProducerEpoch);
        }
    }

    private void Produce(ModelClient client)
    {
        var logId = AnyLog;
        if (client.Version == 1 && !_world.AddPartition(client, logId) && _random.Next(4) > 0)
        {
            return;
        }

        var batch = client.NextBatch(logId, 1 + _random.Next(5));
        if (_world.Produce(client, batch) == ErrorCode.None)
        {
            client.Stored(batch);
            _sent.Add((client, batch));
        }
        else
        {
            Fenced++;
        }
    }

    /// <summary>The answer was lost, or the batch was under way for long: its transaction may have ended since.</summary>
    private void ProduceAgain()
    {
        if (_sent.Count > 0)
        {
            var (client, batch) = _sent[Math.Max(0, _sent.Count - 1 - _random.Next(12))];
            _world.Produce(client, batch);
        }
    }

    private void CommitOffset(ModelClient client)
    {
        var groupId = $"g{_random.Next(2)}";
        if (client.Version == 2 || _world.AddOffsets(client, groupId))
        {
            _world.CommitOffset(client, groupId, _random.Next(Logs));
        }
    }

    private void End(ModelClient client)
    {
        var commit = _random.Next(3) > 0;
        var result = _world.End(client, client.ProducerId, client.Epoch, commit);
        if (result.ErrorCode != 0)
        {
            Fenced++;
            return;
        }

        if (client.Version == 2)
        {
            // The answer was lost: the client asks again, and gets it.
            var again = _random.Next(3) == 0 ? _world.End(client, client.ProducerId, client.Epoch, commit) : result;
            Assert.Equal(result, again);
            Renamed += result.ProducerId != client.ProducerId ? 1 : 0;
            client.Renew(result.ProducerId, result.ProducerEpoch);
        }

        Committed += commit ? 1 : 0;
        Aborted += commit ? 0 : 1;
    }

    private void Force(ModelClient client) => _world.Force(client, AnyLog);
}
