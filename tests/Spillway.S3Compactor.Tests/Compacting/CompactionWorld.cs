using System.Diagnostics.Metrics;
using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Spillway.Kafka;
using Spillway.Kafka.Buffers;
using Spillway.Metadata.Log;
using Spillway.Metadata.Partitions;
using Spillway.Metadata.Snapshots;
using Spillway.Metadata.Topics;
using Spillway.Rpc.Commit;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;
using Spillway.S3Compactor.Cleaning;
using Spillway.S3Compactor.Compacting;
using Spillway.S3Compactor.Draining;
using Spillway.S3Compactor.Planning;
using Spillway.S3Compactor.Sessions;
using Spillway.ServiceDefaults.Loops;
using Spillway.Storage.Faults;
using Spillway.Storage.Objects.Format;
using Spillway.Storage.Wal;
using Spillway.Storage.Wal.Reading;
using Spillway.Testing;
using Spillway.Testing.Objects;
using Spillway.Testing.Wal;
using Xunit;

namespace Spillway.S3Compactor.Tests.Compacting;

/// <summary>
/// Partitions of compacted topics, metadata's own state that names what lies in them, an object store, and compactors that come and go.
/// What was written and drained is put into the state's parts by hand; jobs go the whole way.
/// </summary>
internal sealed partial class CompactionWorld : IDisposable
{
    public const long DeleteRetentionMs = 5_000;

    private readonly Random _random;
    private readonly ServiceProvider _provider = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly CompactorVolumes _volumes;
    private readonly S3CompactorMetrics _metrics;
    private readonly BufferPool _readerPool = new(1 << 20);
    private readonly Dictionary<(long LogId, long BaseOffset), byte[]> _wal = [];
    private readonly HashSet<(long LogId, long FirstOffset)> _open = [];
    private readonly long _segmentId;
    private int _compactorCount;

    public CompactionWorld(Random random, int logCount)
    {
        _random = random;
        Store = new FaultyObjectStore(Objects);
        Jobs = new WorldJobService(() => State, () => NowMs, RulesOfAll);
        _volumes = new CompactorVolumes(
            new InMemoryWalFileSystem(),
            new WalVolumeSet([new WalVolume("v", "/v")]),
            new WalReadSettings(),
            new WalReadEnvironment(Pool, new ScriptedWriterPeer(Pool)));
        _metrics = new S3CompactorMetrics(_provider.GetRequiredService<IMeterFactory>());
        Jobs.Apply<InitializeCluster>(new Command
        {
            InitializeCluster = new InitializeCluster { ClusterId = ByteString.CopyFrom(Guid.NewGuid().ToByteArray()) },
        });
        var writer = Register(NodeKind.Writer, "w");
        _segmentId = Jobs.Apply<OpenSegmentReply>(new Command
        {
            OpenSegment = new OpenSegmentRequest { WriterId = writer.NodeId, WriterEpoch = writer.Epoch, Volume = "v", RequestToken = "1" },
        }).SegmentId;
        Jobs.Apply<CreateTopicsResult>(new Command
        {
            CreateTopics = new CreateTopics
            {
                Topics = { new CreateTopic { TopicId = TopicIds.Write(Guid.NewGuid()), Name = "t", Partitions = logCount, ReplicationFactor = 1 } },
            },
        });
        for (var id = 1; id <= logCount; id++)
        {
            Logs.Add(id, new LogHistory(random));
        }
    }

    public MetadataState State { get; private set; } = new();

    public long NowMs { get; set; } = 1_000_000;

    public WorldJobService Jobs { get; }

    public SortedDictionary<long, LogHistory> Logs { get; } = [];

    public InMemoryObjectStore Objects { get; } = new();

    /// <summary>The same as compactors reach it.</summary>
    public FaultyObjectStore Store { get; }

    public BufferPool Pool { get; } = new(16 << 20);

    public double MinRatio { get; set; }

    public long KeyBytesMax { get; set; } = long.MaxValue;

    public long MinLagMs { get; set; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public PartitionLog Partition(long logId) => State.Topics.FindLog(logId)!;

    /// <summary>Some batches and ends of transactions of a log, which lie in the WAL then.</summary>
    public void Write(long logId, Action<LogHistory> write)
    {
        var history = Logs[logId];
        history.NowMs = NowMs;
        history.Entries.Clear();
        write(history);
        history.Drain();
        NowMs = history.NowMs;
        var log = Partition(logId);
        foreach (var entry in history.Entries)
        {
            var indexed = new BatchIndexEntry(
                entry.BaseOffset, entry.LastOffset, NowMs, ContainerKind.WalSegment, _segmentId, 0, entry.Bytes.Length, 0);
            log.Index.Append(indexed);
            State.Containers.Reference(log, indexed);
            _wal.Add((logId, entry.BaseOffset), entry.Bytes);
        }

        log.NextOffset = history.NextOffset;
        TellTransactions(log, history);
    }

    /// <summary>Moves the first entries of the WAL, of all logs, to one object; its commit may be lost.</summary>
    public void Drain(int entriesPerLog, bool isCommitted = true)
    {
        var entries = Logs.Keys.SelectMany(id => EntriesOf(id).Where(static e => e.Kind == ContainerKind.WalSegment)
            .Take(entriesPerLog).Select(entry => (id, entry))).ToList();
        Rewrite(entries, (id, entry) => _wal[(id, entry.BaseOffset)], isCommitted: isCommitted);
    }

    /// <summary>What merging does: neighbouring entries in objects become one, as they are.</summary>
    public Task MergeAsync(long logId)
    {
        var count = EntriesOf(logId).TakeWhile(static e => e.Kind == ContainerKind.Object).Count();
        var start = _random.Next(Math.Max(1, count - 1));
        return MergeAsync(logId, start, _random.Next(2, Math.Max(3, Math.Min(5, count - start + 1))));
    }

    public async Task MergeAsync(long logId, int first, int count)
    {
        var entries = EntriesOf(logId).TakeWhile(static e => e.Kind == ContainerKind.Object).ToList();
        if (entries.Count < first + count)
        {
            return;
        }

        var taken = entries.GetRange(first, count);
        var bytes = new Dictionary<long, byte[]>();
        foreach (var entry in taken)
        {
            bytes.Add(entry.BaseOffset, await ReadAsync(logId, entry, entry.BaseOffset));
        }

        Rewrite([.. taken.Select(entry => (logId, entry))], (_, entry) => bytes[entry.BaseOffset]);
    }

    public void DeleteRecords(long logId, long beforeOffset)
    {
        var history = Logs[logId];
        history.LogStartOffset = Math.Max(history.LogStartOffset, beforeOffset);
        Jobs.Apply<DeleteRecordsResult>(new Command
        {
            DeleteRecords = new DeleteRecordsCall { Logs = { new LogTruncation { LogId = logId, BeforeOffset = beforeOffset } } },
        });
        Jobs.Apply<TrimIndexes>(new Command { TrimIndexes = new TrimIndexes { EntriesMax = 1000 } });
    }

    public void DeleteTopic()
    {
        Logs.Clear();
        Jobs.Apply<DeleteTopicsResult>(
            new Command { DeleteTopics = new DeleteTopicsCall { Topics = { new TopicReference { Name = "t" } } } });
        Jobs.Apply<TrimIndexes>(new Command { TrimIndexes = new TrimIndexes { EntriesMax = 10_000 } });
    }

    /// <summary>Metadata starts anew from its snapshot.</summary>
    public void Restart()
    {
        using var stream = new MemoryStream();
        SnapshotWriter.Write(State, stream);
        stream.Position = 0;
        State = SnapshotReader.Read(stream);
    }

    /// <summary>Leases and prepares run out.</summary>
    public void PassLeases()
    {
        NowMs += 2 * WorldJobService.LeaseMs;
        Expire();
    }

    public void PassUploads()
    {
        NowMs += 3_600_000;
        Expire();
    }

    /// <summary>A compactor's process, just started.</summary>
    public JobLoop StartCompactor(IFailPoints failPoints, long? objectBytesTarget = null)
    {
        var time = new ManualTimeProvider();
        var session = new CompactorSession();
        var reply = Register(NodeKind.Compactor, $"c{++_compactorCount}");
        session.Begin(new CompactorIdentity(reply.NodeId, reply.Epoch, TimeSpan.FromHours(1)));
        var options = new S3CompactorOptions { Name = "c", ObjectBytesTarget = objectBytesTarget ?? _random.Next(200, 5_000) };
        var client = new JobMetadataClient(Jobs, time, _metrics, NullLogger<JobMetadataClient>.Instance);
        var targets = new DrainTargets(Store, client, Pool, time);
        var compact = new CompactRunner(targets, failPoints, options, _metrics, NullLogger<CompactRunner>.Instance);
        var deleter = new SegmentDeleter(_volumes, Store, NullLogger<SegmentDeleter>.Instance);
        var delete = new DeleteRunner(deleter, Store, failPoints, _metrics, NullLogger<DeleteRunner>.Instance);
        var environment = new LoopEnvironment(time, new LoopHeartbeats(time), new LoopFailure(), Metrics: null, NullLoggerFactory.Instance);
        var runners = new JobRunners([compact, delete], failPoints);
        return new JobLoop(new JobLane("all", runners.Kinds), client, session, runners, options, _metrics, environment);
    }

    /// <summary>One job, if there is one; until the process dies.</summary>
    public async Task<bool> TryRunJobAsync(JobLoop compactor)
    {
        Expire();
        var known = Jobs.Compactions.Count;
        try
        {
            return await compactor.RunOnceAsync(Token) || Jobs.Compactions.Count > known;
        }
        catch (CrashException)
        {
            return true;
        }
    }

    public List<BatchIndexEntry> EntriesOf(long logId)
    {
        var index = Partition(logId).Index;
        List<BatchIndexEntry> entries = [];
        for (var cursor = new IndexCursor(0, 0); !index.IsEnd(cursor); cursor = index.Next(cursor))
        {
            entries.Add(index[cursor]);
        }

        return entries;
    }

    public void Dispose()
    {
        _volumes.Dispose();
        _provider.Dispose();
    }

    private RegisterReply Register(NodeKind kind, string name) => Jobs.Apply<RegisterReply>(new Command
    {
        RegisterNode = new RegisterNode
        {
            Request = new RegisterRequest { Kind = kind, Name = name, ProcessId = name, Zone = "z" }, LeaseMs = long.MaxValue / 4,
        },
    });

    private IEnumerable<LogToClean> RulesOfAll() => Logs.Keys.OrderBy(_ => _random.Next()).Select(id => new LogToClean
    {
        LogId = id,
        MinRatio = MinRatio,
        MinLagMs = MinLagMs,
        MaxLagMs = long.MaxValue,
        DeleteRetentionMs = DeleteRetentionMs,
        KeyBytesMax = KeyBytesMax,
    });

    private void TellTransactions(PartitionLog log, LogHistory history)
    {
        var open = history.OpenFirstOffsets.Select(first => (log.Id.Value, first)).ToHashSet();
        foreach (var ended in _open.Where(o => o.LogId == log.Id.Value && !open.Contains(o)).ToList())
        {
            log.CloseTransaction(ended.FirstOffset);
            _open.Remove(ended);
        }

        foreach (var begun in open.Where(o => _open.Add(o)))
        {
            log.OpenTransaction(begun.first);
        }

        for (var i = 0; i < history.Aborted.Count; i++)
        {
            var (producerId, first, last) = history.Aborted[i];
            if (last > log.Aborted.LastOffset && last >= log.LogStartOffset)
            {
                log.Aborted.Add(new AbortedRange(producerId, first, last, history.StableAfterAborted[i]));
            }
        }

        foreach (var (producerId, last) in history.Producers)
        {
            if (log.Producers.Find(producerId) is not { } known || known.Last.BaseOffset != last.BaseOffset)
            {
                var batch = new BatchToCommit { LogId = log.Id.Value, ProducerId = producerId, ProducerEpoch = 2, RecordCount = 1 };
                log.Producers.Append(batch, last.BaseOffset, NowMs);
            }

            // Where a snapshot is read, open transactions are those of producers.
            log.Producers.Find(producerId)!.TransactionFirstOffset = history.OpenFirstOffsetOf(producerId);
        }
    }

    /// <summary>Writes entries of logs to one object and has the index name it, each run of them as one.</summary>
    private void Rewrite(
        List<(long LogId, BatchIndexEntry Entry)> entries, Func<long, BatchIndexEntry, byte[]> bytesOf, bool isMerge = false, bool isCommitted = true)
    {
        if (entries.Count == 0)
        {
            return;
        }

        var id = ++State.Containers.LastObjectId;
        var key = Metadata.Objects.ObjectCommits.KeyOf(id, State.ClusterId, State.Containers.Incarnation);
        var data = new Metadata.Objects.DataObject(id, key, NowMs + 1_000_000) { IsRewritten = isMerge };
        State.Containers.Add(data);
        using var writer = new ObjectWriter(id, ObjectKind.Mixed, _random.Next(100, 2_000));
        foreach (var (logId, entry) in entries)
        {
            var bytes = bytesOf(logId, entry);
            using var buffer = _readerPool.Rent(bytes.Length);
            bytes.CopyTo(buffer.Memory);
            writer.AppendPlaced(new LogId(logId), entry.BaseOffset, entry.LastOffset, buffer, 0, bytes.Length);
        }

        var payload = writer.Complete(_readerPool);
        Objects.PutAsync(data.Key, payload, Storage.Objects.PutMode.CreateNew, Token).GetAwaiter().GetResult();
        if (!isCommitted)
        {
            return;
        }

        var commit = new CommitObjectRequest { ObjectId = id, SizeBytes = payload.LengthBytes };
        commit.Ranges.AddRange(writer.Extents.Select(extent => new ObjectRange
        {
            LogId = extent.LogId.Value,
            BaseOffset = extent.BaseOffset,
            LastOffset = extent.LastOffset,
            MaxTimestamp = extent.MaxTimestamp,
            Position = extent.Position,
            Length = extent.LengthBytes,
            RewriteVersion = Partition(extent.LogId.Value).RewriteVersion,
        }));
        Assert.All(Jobs.Apply<CommitObjectReply>(new Command { CommitObject = commit }).Accepted, Assert.True);
    }

    private void Expire()
    {
        State.Clock.Advance(NowMs);
        State.Jobs.ExpireLeases();
        State.Containers.ExpirePrepared();
    }
}
