using Google.Protobuf;
using Spillway.Metadata.Log;
using Spillway.Metadata.Partitions;
using Spillway.Metadata.Snapshots;
using Spillway.Metadata.Topics;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Tests;

/// <summary>
/// A state with a clock of the test's, a writer, and words for what is done to it. Every command goes through its bytes, as
/// it does in the log.
/// </summary>
internal sealed class StateContext
{
    public const long LeaseMs = 10_000;
    public const long GraceMs = 60_000;

    private ulong _index;
    private int _position;

    public MetadataState State { get; private set; } = new();

    public long NowMs { get; set; } = 1_000_000;

    /// <summary>Sums what was changed since the last call, as the hubs see it.</summary>
    public ulong Index => _index;

    public T Apply<T>(Command command)
    {
        command.TimeMs = NowMs;
        var result = (T)State.Apply(++_index, command.ToByteArray());
        State.Changes.Clear();
        return result;
    }

    public byte[] Snapshot()
    {
        using var stream = new MemoryStream();
        SnapshotWriter.Write(State, stream);
        return stream.ToArray();
    }

    public void Restore(byte[] snapshot)
    {
        using var stream = new MemoryStream(snapshot);
        State = SnapshotReader.Read(stream);
    }

    public RegisterReply Register(NodeKind kind = NodeKind.Writer, string name = "a", string process = "p1", string zone = "z1") =>
        Apply<RegisterReply>(new Command
        {
            RegisterNode = new RegisterNode
            {
                Request = new RegisterRequest { Kind = kind, Name = name, ProcessId = process, Zone = zone },
                LeaseMs = LeaseMs,
            },
        });

    public TestWriter NewWriter(string name = "a", string process = "p1", string zone = "z1") =>
        new(this, Register(NodeKind.Writer, name, process, zone));

    public TestCompactor NewCompactor(string name = "c", string process = "p1", string zone = "z1") =>
        new(this, Register(NodeKind.Compactor, name, process, zone));

    /// <summary>Creates a topic and gives its log ids.</summary>
    public long[] CreateTopic(string name = "t", int partitions = 1)
    {
        var result = TryCreateTopic(name, partitions);
        Assert.Equal(0, result.ErrorCode);
        return [.. State.Topics.Find(name)!.Partitions.Select(p => p.Id.Value)];
    }

    public NewTopicResult TryCreateTopic(string name, int partitions = 1, Guid? id = null)
    {
        var topic = new CreateTopic
        {
            TopicId = TopicIds.Write(id ?? Guid.NewGuid()), Name = name, Partitions = partitions, ReplicationFactor = 1,
        };
        return Apply<CreateTopicsResult>(new Command { CreateTopics = new CreateTopics { Topics = { topic } } }).Topics[0];
    }

    public TopicResult DeleteTopic(string name) => Apply<DeleteTopicsResult>(
        new Command { DeleteTopics = new DeleteTopicsCall { Topics = { new TopicReference { Name = name } } } }).Topics[0];

    public LogTruncationResult DeleteRecords(long logId, long before) => Apply<DeleteRecordsResult>(new Command
    {
        DeleteRecords = new DeleteRecordsCall { Logs = { new LogTruncation { LogId = logId, BeforeOffset = before } } },
    }).Logs[0];

    public void Trim(int entriesMax = 10_000) =>
        Apply<TrimIndexes>(new Command { TrimIndexes = new TrimIndexes { EntriesMax = entriesMax } });

    public void ExpireDeadlines() =>
        Apply<ExpireDeadlines>(new Command { ExpireDeadlines = new ExpireDeadlines() });

    public PartitionLog Log(long logId) => State.Topics.FindLog(logId)!;

    public BatchIndexEntry[] Entries(long logId) => EntriesOf(Log(logId));

    public static BatchIndexEntry[] EntriesOf(PartitionLog log)
    {
        var entries = new List<BatchIndexEntry>();
        for (var cursor = new IndexCursor(0, 0); !log.Index.IsEnd(cursor); cursor = log.Index.Next(cursor))
        {
            entries.Add(log.Index[cursor]);
        }

        return [.. entries];
    }

    /// <summary>A batch of one producer-less record, unless told otherwise, at the next free byte (with a gap before it).</summary>
    public BatchCommit Batch(
        long logId, int records = 1, int length = 100, long producerId = -1, int epoch = -1, int sequence = -1, long timestamp = 0)
    {
        _position += 1_000;
        return new BatchCommit
        {
            LogId = logId,
            Position = _position,
            Length = length,
            RecordCount = records,
            MaxTimestamp = timestamp,
            ProducerId = producerId,
            ProducerEpoch = epoch,
            BaseSequence = sequence,
        };
    }
}
