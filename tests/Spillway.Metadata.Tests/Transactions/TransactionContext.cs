using Spillway.Kafka.Errors;
using Spillway.Metadata.Partitions;
using Spillway.Metadata.Topics;
using Spillway.Metadata.Transactions;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Tests.Transactions;

/// <summary>A state with one writer, and words for what transactional producers do to it.</summary>
internal sealed class TransactionContext
{
    public const int TimeoutMs = 60_000;

    private readonly TestWriter _writer;

    public TransactionContext() => _writer = Base.NewWriter();

    public StateContext Base { get; } = new();

    public TransactionTable Table => Base.State.Transactions;

    /// <summary>Seals the segment of all that was produced; what comes goes to another.</summary>
    public void Seal()
    {
        _writer.Seal();
        _writer.Open();
    }

    public InitProducerResult Init(string id = "t", long producerId = -1, int epoch = -1, int timeoutMs = TimeoutMs) =>
        Base.Apply<InitProducerResult>(new Command
        {
            InitProducer = new InitProducerCall
            {
                TransactionalId = id, TransactionTimeoutMs = timeoutMs, ProducerId = producerId, ProducerEpoch = epoch,
            },
        });

    public ErrorCode AddPartitions(InitProducerResult producer, params long[] logIds) =>
        (ErrorCode)AddPartitions("t", producer.ProducerId, producer.ProducerEpoch, logIds).ErrorCodes[0];

    public AddPartitionsResult AddPartitions(string id, long producerId, int epoch, params long[] logIds) =>
        Base.Apply<AddPartitionsResult>(new Command
        {
            AddPartitions = new AddPartitionsCall
            {
                TransactionalId = id, ProducerId = producerId, ProducerEpoch = epoch, LogIds = { logIds },
            },
        });

    public ErrorCode AddOffsets(InitProducerResult producer, string groupId, string id = "t") =>
        (ErrorCode)Base.Apply<AddOffsetsResult>(new Command
        {
            AddOffsets = new AddOffsetsCall
            {
                TransactionalId = id, ProducerId = producer.ProducerId, ProducerEpoch = producer.ProducerEpoch, GroupId = groupId,
            },
        }).ErrorCode;

    public EndTransactionResult End(string id, long producerId, int epoch, bool commit, int version) =>
        Base.Apply<EndTransactionResult>(new Command
        {
            EndTransaction = new EndTransactionCall
            {
                TransactionalId = id,
                ProducerId = producerId,
                ProducerEpoch = epoch,
                Commit = commit,
                TransactionVersion = version,
            },
        });

    public EndTransactionResult End(InitProducerResult producer, bool commit, int version, string id = "t") =>
        End(id, producer.ProducerId, producer.ProducerEpoch, commit, version);

    /// <summary>One batch of one record, unless told otherwise.</summary>
    public BatchCommitResult Produce(
        long logId, long producerId, int epoch, int sequence, int version, int records = 1, string id = "t")
    {
        var batch = Base.Batch(logId, records, producerId: producerId, epoch: epoch, sequence: sequence);
        batch.Transactional = version > 0;
        batch.TransactionalId = version > 0 ? id : "";
        batch.TransactionVersion = version;
        return _writer.CommitOne(batch);
    }

    public BatchCommitResult Produce(InitProducerResult producer, long logId, int sequence, int version, int records = 1) =>
        Produce(logId, producer.ProducerId, producer.ProducerEpoch, sequence, version, records);

    /// <summary>Somebody without transactions.</summary>
    public long ProducePlain(long logId, long timestamp = 0) => _writer.CommitOne(Base.Batch(logId, timestamp: timestamp)).BaseOffset;

    public ErrorCode CommitOffset(
        InitProducerResult producer,
        string groupId,
        string topic,
        long offset,
        int version,
        int generation = -1,
        string id = "t",
        long waitedMs = 0) =>
        (ErrorCode)Base.Apply<CommitTransactionOffsetsResult>(new Command
        {
            CommitTransactionOffsets = new CommitTransactionOffsetsCall
            {
                TransactionalId = id,
                ProducerId = producer.ProducerId,
                ProducerEpoch = producer.ProducerEpoch,
                TransactionVersion = version,
                GroupId = groupId,
                GenerationId = generation,
                WaitedMs = waitedMs,
                Offsets = { ToCommit(topic, offset) },
            },
        }).ErrorCodes[0];

    public ErrorCode CommitPlainOffset(string groupId, string topic, long offset) =>
        (ErrorCode)Base.Apply<CommitOffsetsResult>(new Command
        {
            CommitOffsets = new CommitOffsetsCall { GroupId = groupId, GenerationId = -1, Offsets = { ToCommit(topic, offset) } },
        }).ErrorCodes[0];

    /// <summary>What the group's committed offset is; -1: none.</summary>
    public long CommittedOffset(string groupId, string topic) =>
        Base.State.Groups.Find(groupId)?.Offsets.Find(TopicId(topic), 0)?.Offset ?? -1;

    public bool IsPending(string groupId, string topic) =>
        Base.State.Groups.Find(groupId)?.Pending?.Contains(TopicId(topic), 0) == true;

    /// <summary>What the leader would propose now.</summary>
    public int AbortTimedOut()
    {
        var command = new AbortTimedOut();
        foreach (var open in Table.Open)
        {
            command.Transactions.Add(new OpenTransaction
            {
                TransactionalId = open.Id, ProducerId = open.ProducerId, ProducerEpoch = open.Epoch,
            });
        }

        return Base.Apply<AbortedCount>(new Command { AbortTimedOut = command }).Count;
    }

    public IndexEntry[] Markers(long logId) =>
        [.. Base.Entries(logId).Where(e => e.Kind == ContainerKind.Marker).Select(e => e.ToMessage())];

    public AbortedRange[] Aborted(long logId) => [.. Base.Log(logId).Aborted.InOrder];

    private OffsetToCommit ToCommit(string topic, long offset) => new()
    {
        TopicId = TopicIds.Write(TopicId(topic)), Partition = 0, Offset = offset, LeaderEpoch = -1, Metadata = "",
    };

    private Guid TopicId(string topic) => Base.State.Topics.Find(topic)!.Id;
}
