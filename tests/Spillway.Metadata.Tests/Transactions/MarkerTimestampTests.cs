using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Tests.Transactions;

/// <summary>
/// A control batch has the timestamp type that its topic has when it is written: Kafka's brokers append markers as they append
/// producers' batches (LogValidator, message.timestamp.type).
/// </summary>
public sealed class MarkerTimestampTests
{
    private const string OfTopic = "message.timestamp.type";
    private const string OfBroker = "log.message.timestamp.type";

    private readonly TransactionContext _context = new();

    [Theory]
    [InlineData(null, null, false, false)]
    [InlineData(null, null, true, true)]
    [InlineData(null, "LogAppendTime", false, true)]
    [InlineData(null, "CreateTime", true, false)]
    [InlineData("LogAppendTime", null, false, true)]
    [InlineData("LogAppendTime", "CreateTime", false, true)]
    [InlineData("CreateTime", "LogAppendTime", true, false)]
    public void The_topic_says_it_else_the_cluster_else_the_leader(string? ofTopic, string? ofCluster, bool ofLeader, bool isLogAppendTime)
    {
        var log = _context.Base.CreateTopic("a")[0];
        Set(ConfigResourceKind.Topic, "a", OfTopic, ofTopic);
        Set(ConfigResourceKind.Broker, "", OfBroker, ofCluster);

        Run(log, ofLeader);

        Assert.Equal(isLogAppendTime, Assert.Single(_context.Markers(log)).LogAppendTime);
    }

    [Fact]
    public void What_a_marker_says_stays_whatever_the_topic_has_later_and_in_a_snapshot()
    {
        var log = _context.Base.CreateTopic("a")[0];
        Run(log, ofLeader: false);
        Set(ConfigResourceKind.Topic, "a", OfTopic, "LogAppendTime");
        Run(log, ofLeader: false);
        Set(ConfigResourceKind.Topic, "a", OfTopic, "CreateTime");
        Run(log, ofLeader: true);

        _context.Base.Restore(_context.Base.Snapshot());

        var markers = _context.Markers(log);
        Assert.Equal([false, true, false], markers.Select(m => m.LogAppendTime));
        Assert.Equal([true, true, true], markers.Select(m => m.Commit));
        Assert.Equal([0, 0, 0], markers.Select(m => m.CoordinatorEpoch));
    }

    [Fact]
    public void Every_way_that_a_transaction_ends_is_alike()
    {
        var log = _context.Base.CreateTopic("a")[0];
        Set(ConfigResourceKind.Topic, "a", OfTopic, "LogAppendTime");
        var producer = _context.Init();
        _context.Produce(producer, log, 0, 2);
        producer = _context.Init();
        _context.Produce(producer, log, 0, 2);
        _context.Base.NowMs += TransactionContext.TimeoutMs;
        Assert.Equal(1, _context.AbortTimedOut());
        producer = _context.Init();
        _context.Produce(producer, log, 0, 2);
        var abort = new AbortProducerCall
        {
            ProducerId = producer.ProducerId, ProducerEpoch = producer.ProducerEpoch, LogIds = { log },
        };
        Assert.True(_context.Base.Apply<AbortProducerResult>(new Command { AbortProducer = abort }).Aborted);

        Assert.Equal([true, true, true], _context.Markers(log).Select(m => m.LogAppendTime));
    }

    private void Run(long log, bool ofLeader)
    {
        var producer = _context.Init();
        Assert.Equal(0, _context.Produce(producer, log, 0, 2).ErrorCode);
        var end = new EndTransactionCall
        {
            TransactionalId = "t",
            ProducerId = producer.ProducerId,
            ProducerEpoch = producer.ProducerEpoch,
            Commit = true,
            TransactionVersion = 2,
        };
        var command = new Command { EndTransaction = end, LogAppendTime = ofLeader };
        Assert.Equal(0, _context.Base.Apply<EndTransactionResult>(command).ErrorCode);
    }

    private void Set(ConfigResourceKind kind, string name, string key, string? value)
    {
        if (value is null)
        {
            return;
        }

        var set = new ConfigOperation { Kind = ConfigOperation.Types.Kind.Set, Key = key, Value = value };
        var change = new ConfigChange { Kind = kind, Name = name, Operations = { set } };
        _context.Base.Apply<AlterConfigsResult>(new Command { AlterConfigs = new AlterConfigsCall { Changes = { change } } });
    }
}
