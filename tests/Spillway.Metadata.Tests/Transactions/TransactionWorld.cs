using Spillway.Kafka.Errors;
using Spillway.Metadata.Tests.Simulation;
using Spillway.Metadata.Topics;
using Spillway.Metadata.Transactions;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Tests.Transactions;

/// <summary>
/// The state under test and a simple model of it. The model believes what is answered only where the model allows it: a producer that is
/// not the current one changes nothing, a transaction ends once and everywhere, a committed offset is the last one written.
/// </summary>
internal sealed class TransactionWorld
{
    private const int TimeoutMs = 3_000;

    private readonly Dictionary<long, ModelTransactionLog> _logs = [];
    private readonly Dictionary<string, (long ProducerId, int Epoch)> _current = [];
    private readonly Dictionary<string, ModelTransaction> _open = [];
    private readonly List<(string GroupId, int Partition, long Offset, ModelTransaction? Transaction)> _offsets = [];
    private readonly RegisterReply _writer;
    private readonly OpenSegmentReply _segment;
    private readonly Google.Protobuf.ByteString _topicId;
    private long _blockSeq;
    private long _nextOffset;

    public TransactionWorld(int partitions)
    {
        _writer = States.Apply<RegisterReply>(new Command
        {
            RegisterNode = new RegisterNode
            {
                Request = new RegisterRequest { Kind = NodeKind.Writer, Name = "w", ProcessId = "p" }, LeaseMs = long.MaxValue / 4,
            },
        });
        _segment = States.Apply<OpenSegmentReply>(new Command
        {
            OpenSegment = new OpenSegmentRequest { WriterId = _writer.NodeId, WriterEpoch = _writer.Epoch, Volume = "v", RequestToken = "t" },
        });
        _topicId = TopicIds.Write(new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
        States.Apply<CreateTopicsResult>(new Command
        {
            CreateTopics = new CreateTopics
            {
                Topics = { new CreateTopic { TopicId = _topicId, Name = "t", Partitions = partitions, ReplicationFactor = 1 } },
            },
        });
        LogIds = [.. States.State.Topics.Find("t")!.Partitions.Select(p => p.Id.Value)];
        foreach (var id in LogIds)
        {
            _logs.Add(id, new ModelTransactionLog());
        }
    }

    public StatePair States { get; } = new();

    public long[] LogIds { get; }

    public bool IsCurrent(ModelClient client) => _current[client.Id] == (client.ProducerId, client.Epoch);

    /// <summary>It has the epoch before, or the last one of a producer id before.</summary>
    public bool IsOneBehind(ModelClient client) =>
        _current[client.Id] is var (producerId, epoch)
        && (epoch == 0 ? producerId != client.ProducerId : producerId == client.ProducerId && epoch == client.Epoch + 1);

    public InitProducerResult Init(string id, long producerId, int epoch)
    {
        var result = States.Apply<InitProducerResult>(new Command
        {
            InitProducer = new InitProducerCall
            {
                TransactionalId = id, TransactionTimeoutMs = TimeoutMs, ProducerId = producerId, ProducerEpoch = epoch,
            },
        });
        if (result.ErrorCode == 0)
        {
            // The same as before only for who asks again, or never learnt what the end of its transaction gave it.
            Assert.True(
                _current.GetValueOrDefault(id, (-1, -1)) != (result.ProducerId, result.ProducerEpoch)
                || (!_open.ContainsKey(id) && (result.ProducerEpoch == 0 || result.ProducerEpoch == epoch + 1)));
            Assert.Equal(_open.ContainsKey(id), result.Aborted);
            EndModel(id, commit: false);
            _current[id] = (result.ProducerId, result.ProducerEpoch);
        }

        return result;
    }

    public bool AddPartition(ModelClient client, long logId)
    {
        var result = States.Apply<AddPartitionsResult>(new Command
        {
            AddPartitions = new AddPartitionsCall
            {
                TransactionalId = client.Id, ProducerId = client.ProducerId, ProducerEpoch = client.Epoch, LogIds = { logId },
            },
        });
        var added = result.ErrorCodes[0] == 0;
        Assert.Equal(IsCurrent(client), added);
        if (added)
        {
            Begin(client.Id).Logs.TryAdd(logId, -1);
        }

        return added;
    }

    public ErrorCode Produce(ModelClient client, BatchCommit batch)
    {
        var log = _logs[batch.LogId];
        var result = Commit(batch);
        if (result.ErrorCode != 0 || result.Duplicate)
        {
            Assert.True(!result.Duplicate || log.At(result.BaseOffset).Records == batch.RecordCount, "a duplicate is the same batch");
            return (ErrorCode)result.ErrorCode;
        }

        Assert.Equal(_current[client.Id], (batch.ProducerId, batch.ProducerEpoch));
        if (batch.TransactionVersion == 1)
        {
            Assert.True(_open.TryGetValue(client.Id, out var open) && open.Logs.ContainsKey(batch.LogId), "TV1: it was added before");
        }

        var transaction = Begin(client.Id);
        if (transaction.Logs.GetValueOrDefault(batch.LogId, -1) < 0)
        {
            transaction.Logs[batch.LogId] = result.BaseOffset;
        }

        log.Append(new ModelBatch(result.BaseOffset, batch.RecordCount, batch.ProducerId, IsTransactional: true, transaction));
        return ErrorCode.None;
    }

    public void ProducePlain(long logId, int records)
    {
        var result = Commit(new BatchCommit
        {
            LogId = logId, Length = 10 * records, RecordCount = records, ProducerId = -1, ProducerEpoch = -1, BaseSequence = -1,
        });
        Assert.Equal(0, result.ErrorCode);
        _logs[logId].Append(new ModelBatch(result.BaseOffset, records, -1, IsTransactional: false, Transaction: null));
    }

    public bool AddOffsets(ModelClient client, string groupId)
    {
        var result = States.Apply<AddOffsetsResult>(new Command
        {
            AddOffsets = new AddOffsetsCall
            {
                TransactionalId = client.Id, ProducerId = client.ProducerId, ProducerEpoch = client.Epoch, GroupId = groupId,
            },
        });
        Assert.Equal(IsCurrent(client), result.ErrorCode == 0);
        if (result.ErrorCode == 0)
        {
            Begin(client.Id);
        }

        return result.ErrorCode == 0;
    }

    public void CommitOffset(ModelClient client, string groupId, int partition)
    {
        var offset = ++_nextOffset;
        var result = States.Apply<CommitTransactionOffsetsResult>(new Command
        {
            CommitTransactionOffsets = new CommitTransactionOffsetsCall
            {
                TransactionalId = client.Id,
                ProducerId = client.ProducerId,
                ProducerEpoch = client.Epoch,
                TransactionVersion = client.Version,
                GroupId = groupId,
                GenerationId = -1,
                Offsets = { ToCommit(partition, offset) },
            },
        });
        Assert.Equal(IsCurrent(client), result.ErrorCodes[0] == 0);
        if (result.ErrorCodes[0] == 0)
        {
            // Within a transaction the last one counts, and so it does in the list.
            _offsets.Add((groupId, partition, offset, Begin(client.Id)));
        }
    }

    public void CommitPlainOffset(string groupId, int partition)
    {
        var offset = ++_nextOffset;
        States.Apply<CommitOffsetsResult>(new Command
        {
            CommitOffsets = new CommitOffsetsCall { GroupId = groupId, GenerationId = -1, Offsets = { ToCommit(partition, offset) } },
        });
        _offsets.Add((groupId, partition, offset, null));
    }

    public EndTransactionResult End(ModelClient client, long producerId, int epoch, bool commit)
    {
        var before = States.State.Topics.Find("t")!.Partitions.Sum(p => p.NextOffset);
        var result = States.Apply<EndTransactionResult>(new Command
        {
            EndTransaction = new EndTransactionCall
            {
                TransactionalId = client.Id,
                ProducerId = producerId,
                ProducerEpoch = epoch,
                Commit = commit,
                TransactionVersion = client.Version,
            },
        });
        var isCurrent = _current[client.Id] == (producerId, epoch);
        if (result.ErrorCode == 0 && isCurrent)
        {
            EndModel(client.Id, commit);
            _current[client.Id] = (result.ProducerId, result.ProducerEpoch);
        }
        else
        {
            // Refused, or a retry: nothing happened.
            Assert.Equal(before, States.State.Topics.Find("t")!.Partitions.Sum(p => p.NextOffset));
            Assert.True(!isCurrent || !_open.ContainsKey(client.Id), "who has a transaction may end it");
        }

        return result;
    }

    public int AbortTimedOut()
    {
        var command = new AbortTimedOut();
        foreach (var (id, (producerId, epoch)) in _current)
        {
            command.Transactions.Add(new OpenTransaction { TransactionalId = id, ProducerId = producerId, ProducerEpoch = epoch });
        }

        var late = _open.Values.Where(t => t.StartMs + TimeoutMs <= States.NowMs).Select(t => t.Id).ToList();
        Assert.Equal(late.Count, States.Apply<AbortedCount>(new Command { AbortTimedOut = command }).Count);
        foreach (var id in late.OrderBy(id => _current[id]))
        {
            FenceModel(id);
        }

        return late.Count;
    }

    public void Force(ModelClient client, long logId)
    {
        var result = States.Apply<AbortProducerResult>(new Command
        {
            AbortProducer = new AbortProducerCall { ProducerId = client.ProducerId, ProducerEpoch = client.Epoch, LogIds = { logId } },
        });
        var isOpen = IsCurrent(client) && _open.TryGetValue(client.Id, out var open) && open.Logs.ContainsKey(logId);
        Assert.Equal(isOpen, result.Aborted);
        if (isOpen)
        {
            FenceModel(client.Id);
        }
    }

    /// <summary>Brings the id's producer so many epochs further, if it has no transaction: with TV2 each end of nothing is one.</summary>
    public void UseUpEpochs(string id, int count)
    {
        for (var i = 0; i < count && !_open.ContainsKey(id); i++)
        {
            var (producerId, epoch) = _current[id];
            var result = States.Apply<EndTransactionResult>(new Command
            {
                EndTransaction = new EndTransactionCall
                {
                    TransactionalId = id, ProducerId = producerId, ProducerEpoch = epoch, TransactionVersion = 2,
                },
            });
            Assert.Equal(0, result.ErrorCode);
            _current[id] = (result.ProducerId, result.ProducerEpoch);
        }
    }

    public void Truncate(long logId, Random random)
    {
        var log = _logs[logId];
        var before = log.LogStartOffset + random.NextInt64((log.NextOffset - log.LogStartOffset) / 3 + 1);
        log.LogStartOffset = before;
        States.Apply<DeleteRecordsResult>(new Command
        {
            DeleteRecords = new DeleteRecordsCall { Logs = { new LogTruncation { LogId = logId, BeforeOffset = before } } },
        });
    }

    /// <summary>What everybody is told at every moment.</summary>
    public void CheckOffsets()
    {
        foreach (var (id, model) in _logs)
        {
            var log = States.State.Topics.FindLog(id)!;
            Assert.Equal(model.NextOffset, log.NextOffset);
            var open = _open.Values.Select(t => t.Logs.GetValueOrDefault(id, -1)).Where(o => o >= 0).DefaultIfEmpty(long.MaxValue).Min();
            Assert.Equal(Math.Min(Math.Max(open, model.LogStartOffset), model.NextOffset), log.LastStableOffset);
            Assert.True(log.LastStableOffset >= model.SeenStableOffset, "the last stable offset never goes back");
            model.SeenStableOffset = log.LastStableOffset;
        }

        foreach (var partition in _offsets.GroupBy(o => (o.GroupId, o.Partition)))
        {
            var expected = partition.Where(o => o.Transaction is null or { IsCommitted: true }).Select(o => o.Offset).DefaultIfEmpty(-1).Max();
            var group = States.State.Groups.Find(partition.Key.GroupId);
            var topicId = TopicIds.Read(_topicId);
            Assert.Equal(expected, group?.Offsets.Find(topicId, partition.Key.Partition)?.Offset ?? -1);
            Assert.Equal(
                partition.Any(o => o.Transaction is { IsCommitted: null }),
                group?.Pending?.Contains(topicId, partition.Key.Partition) == true);
        }
    }

    /// <summary>Committed records are all delivered, others never, from wherever one begins and as far as one may read.</summary>
    public void CheckReaders(Random random)
    {
        foreach (var (id, model) in _logs)
        {
            var stable = States.State.Topics.FindLog(id)!.LastStableOffset;
            var from = model.LogStartOffset + random.NextInt64(stable - model.LogStartOffset + 1);
            var to = from + random.NextInt64(stable - from + 1);
            foreach (var (first, end) in new[] { (model.LogStartOffset, stable), (from, to), (from, stable) })
            {
                var expected = first == end ? [] : model.Batches
                    .Where(b => b.LastOffset >= first && b.BaseOffset < end && b.Transaction is null or { IsCommitted: true });
                Assert.Equal(
                    expected.Select(b => b.BaseOffset),
                    ModelReader.Read(States.State, id, model, first, end, 1 + random.Next(3)));
            }
        }
    }

    private ModelTransaction Begin(string id)
    {
        if (!_open.TryGetValue(id, out var open))
        {
            _open.Add(id, open = new ModelTransaction(id) { StartMs = States.NowMs });
        }

        return open;
    }

    private void EndModel(string id, bool commit)
    {
        if (_open.Remove(id, out var open))
        {
            open.IsCommitted = commit;
            foreach (var logId in open.Logs.Keys)
            {
                _logs[logId].AppendMarker();
            }
        }
    }

    /// <summary>Nobody knows the epoch that it has now, so nobody is current.</summary>
    private void FenceModel(string id)
    {
        EndModel(id, commit: false);
        var producer = States.State.Transactions.Find(id)!;
        _current[id] = (producer.ProducerId, producer.Epoch);
    }

    private BatchCommitResult Commit(BatchCommit batch)
    {
        var block = new CommitBlockRequest
        {
            WriterId = _writer.NodeId,
            WriterEpoch = _writer.Epoch,
            SegmentId = _segment.SegmentId,
            BlockSeq = ++_blockSeq,
            PayloadPosition = _blockSeq * 4096,
            Batches = { batch },
        };
        var reply = States.Apply<CommitBlockReply>(new Command { CommitBlock = block });
        Assert.Equal(CommitStatus.Committed, reply.Status);
        if (_blockSeq % 7 == 0)
        {
            Assert.Equal(reply, States.Apply<CommitBlockReply>(new Command { CommitBlock = block }));
        }

        return reply.Results[0];
    }

    private OffsetToCommit ToCommit(int partition, long offset) =>
        new() { TopicId = _topicId, Partition = partition, Offset = offset, LeaderEpoch = -1, Metadata = "" };
}
