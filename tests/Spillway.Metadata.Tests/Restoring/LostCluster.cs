using Spillway.Kafka;
using Spillway.Kafka.Buffers;
using Spillway.Kafka.Records;
using Spillway.Metadata.Copies;
using Spillway.Metadata.Objects;
using Spillway.Metadata.Restoring;
using Spillway.Metadata.Snapshots;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;
using Spillway.Storage.Caching;
using Spillway.Storage.Copies;
using Spillway.Storage.Objects;
using Spillway.Storage.Objects.Format;
using Spillway.Storage.Wal;
using Spillway.Testing;
using Spillway.Testing.Objects;
using Spillway.Testing.Records;
using Spillway.Testing.Wal;

namespace Spillway.Metadata.Tests.Restoring;

/// <summary>
/// A cluster that produces real batches, drains them to real objects and copies its state; and, once it is lost, what a restore makes of what it
/// left. Segments are files without content on a volume that may survive.
/// </summary>
internal sealed class LostCluster : IDisposable
{
    private readonly Random _random = new(7);
    private readonly BufferPool _pool = new(1 << 20);
    private readonly TemporaryFolder _volume = new();
    private readonly Dictionary<(long LogId, long Offset), byte[]> _batches = [];
    private readonly ManualTimeProvider _time = new();

    public LostCluster()
    {
        Context.NowMs = 1_700_000_000_000;
        Context.State.ClusterId = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
        Writer = Context.NewWriter();
        Compactor = Context.NewCompactor();
    }

    public StateContext Context { get; } = new();

    public InMemoryObjectStore Store { get; } = new();

    public TestWriter Writer { get; }

    public TestCompactor Compactor { get; }

    public string ClusterId => Convert.ToHexStringLower(Context.State.ClusterId);

    public IReadOnlyList<string> Report { get; private set; } = [];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Commits a batch; its first offset.</summary>
    public long Produce(
        long logId, int records = 3, long producerId = -1, int epoch = -1, int sequence = -1, string? transactionalId = null)
    {
        var bytes = TestBatch.Create(
            _random, 200, records, producerId, (short)epoch, sequence, Context.NowMs, (short)(transactionalId is null ? 0 : 1 << 4));
        var batch = Context.Batch(logId, records, bytes.Length, producerId, epoch, sequence, Context.NowMs);
        if (transactionalId is not null)
        {
            (batch.Transactional, batch.TransactionalId, batch.TransactionVersion) = (true, transactionalId, 2);
        }

        var result = Writer.CommitOne(batch);
        Assert.Equal(0, result.ErrorCode);
        _batches[(logId, result.BaseOffset)] = bytes;
        return result.BaseOffset;
    }

    public static InitProducerResult Init(StateContext context, string id) => context.Apply<InitProducerResult>(new Command
    {
        InitProducer = new InitProducerCall { TransactionalId = id, TransactionTimeoutMs = 60_000, ProducerId = -1, ProducerEpoch = -1 },
    });

    public EndTransactionResult End(string id, InitProducerResult producer, bool commit) =>
        Context.Apply<EndTransactionResult>(new Command
        {
            EndTransaction = new EndTransactionCall
            {
                TransactionalId = id,
                ProducerId = producer.ProducerId,
                ProducerEpoch = producer.ProducerEpoch,
                Commit = commit,
                TransactionVersion = 2,
            },
        });

    /// <summary>Moves everything in the WAL, markers too, to an object; its commit may be lost.</summary>
    public long Drain(bool isCommitted = true, Action? whenPrepared = null)
    {
        Writer.Seal();
        Writer.Open();
        var job = Compactor.Acquire().Job;
        Assert.Equal(JobKind.Drain, job.Kind);
        var prepared = Compactor.Prepare(job);
        whenPrepared?.Invoke();
        using var writer = new ObjectWriter(prepared.ObjectId, ObjectKind.Mixed);
        foreach (var range in job.Ranges.OrderBy(static r => (r.LogId, r.Entry.BaseOffset)))
        {
            var bytes = range.Entry.Kind == ContainerKind.Marker ? MarkerOf(range.Entry) : _batches[(range.LogId, range.Entry.BaseOffset)];
            using var buffer = _pool.Rent(bytes.Length);
            bytes.CopyTo(buffer.Span);
            writer.Append(new LogId(range.LogId), range.Entry.BaseOffset, range.Entry.LastOffset, buffer, 0, bytes.Length);
        }

        Store.PutAsync(prepared.Key, writer.Complete(_pool), PutMode.CreateNew, Ct).GetAwaiter().GetResult();
        if (isCommitted)
        {
            var ranges = writer.Extents.Select(extent => new ObjectRange
            {
                LogId = extent.LogId.Value,
                BaseOffset = extent.BaseOffset,
                LastOffset = extent.LastOffset,
                MaxTimestamp = extent.MaxTimestamp,
                Position = extent.Position,
                Length = extent.LengthBytes,
                RewriteVersion = job.Ranges.Last(r => r.LogId == extent.LogId.Value).RewriteVersion,
            });
            Assert.DoesNotContain(false, Compactor.Commit(prepared.ObjectId, [.. ranges]).Accepted);
        }

        Compactor.Complete(job);
        return prepared.ObjectId;
    }

    /// <summary>What log compaction leaves where nothing is left: an object, never committed, that covers some offsets.</summary>
    public void PutCover(long logId, long firstOffset, long lastOffset)
    {
        var id = ++Context.State.Containers.LastObjectId;
        using var writer = new ObjectWriter(id, ObjectKind.Partition);
        using var buffer = _pool.Rent(EmptyBatch.BatchBytes);
        EmptyBatch.Write(buffer.Span, firstOffset, lastOffset);
        writer.AppendPlaced(new LogId(logId), firstOffset, lastOffset, buffer, 0, EmptyBatch.BatchBytes);
        var key = ObjectCommits.KeyOf(id, Context.State.ClusterId, incarnation: 0);
        Store.PutAsync(key, writer.Complete(_pool), PutMode.CreateNew, Ct).GetAwaiter().GetResult();
    }

    public async Task<SnapshotCopyName> CopyAsync()
    {
        Context.NowMs += 1_000;
        Context.Trim();
        var state = Context.State;
        var name = new SnapshotCopyName(ClusterId, state.Containers.Incarnation, state.Clock.NowMs);
        using var buffer = new SnapshotBuffer();
        SnapshotWriter.Write(state, buffer);
        var payload = buffer.ToPayload();
        var manifest = new SnapshotManifest(SnapshotManifest.Version, payload.LengthBytes, payload.Crc32C, 0, 0, 0);
        await new SnapshotCopyStore(Store).PutAsync(name, payload, manifest, static () => true, Ct);
        return name;
    }

    /// <summary>Puts all that is stored into another store.</summary>
    public async Task MoveToAsync(IObjectStore other)
    {
        foreach (var key in Store.Keys)
        {
            await other.PutAsync(key, new ObjectPayload(Store.Get(key)), PutMode.CreateNew, Ct);
        }
    }

    /// <summary>What begins again from what is left, with the WAL volume or without.</summary>
    public async Task<StateContext> RestoreAsync(bool walSurvives = false)
    {
        foreach (var segment in Context.State.Containers.Segments)
        {
            await File.WriteAllTextAsync(Path.Combine(_volume.Path, segment.Path), "", Ct);
        }

        var volumes = walSurvives ? new[] { new WalVolume("v", _volume.Path) } : [];
        var restore = new ClusterRestore(Store, new SurvivingSegments(volumes, Store), _time);
        var state = await restore.RunAsync(ClusterId, Ct);
        Report = restore.Report.Lines;

        // As the log does: what begins is what the snapshot says.
        using var stream = new MemoryStream();
        SnapshotWriter.Write(state, stream);
        var restored = new StateContext { NowMs = state.Clock.NowMs + 1 };
        restored.Restore(stream.ToArray());
        return restored;
    }

    /// <summary>What a reader gets from objects, batch by batch, covers left out: the first offset and the bytes behind it.</summary>
    public async Task<Dictionary<long, byte[]>> ReadObjectsAsync(StateContext restored, long logId)
    {
        var read = new Dictionary<long, byte[]>();
        foreach (var entry in restored.Entries(logId).Where(static e => e.Kind == ContainerKind.Object))
        {
            var data = restored.State.Containers.FindObject(entry.ContainerId)!;
            using var fetcher = new ObjectFetcher(Store, _pool, new ObjectCacheOptions());
            var extent = new ObjectExtent(new LogId(logId), entry.BaseOffset, entry.LastOffset, entry.MaxTimestamp, entry.Position, entry.Length);
            using var fetched = await fetcher.ReadAsync(data.Key, extent, entry.BaseOffset, int.MaxValue, isOneBatchOwed: true, Ct);
            byte[] bytes = [.. fetched.Pieces.SelectMany(static piece => piece.ToArray())];
            var next = entry.BaseOffset;
            for (var at = 0; at < bytes.Length;)
            {
                Assert.True(RecordBatchHeader.TryRead(bytes.AsSpan(at), out var header));
                Assert.Equal(next, header.BaseOffset);
                next = header.NextOffset;
                if (header.RecordCount > 0)
                {
                    read[header.BaseOffset] = bytes[at..(at + (int)header.TotalLength)];
                }

                at += (int)header.TotalLength;
            }

            Assert.Equal(entry.LastOffset + 1, next);
        }

        return read;
    }

    /// <summary>Asserts that objects hold these batches of a log as they were produced, and none besides; that markers are there is not asked.</summary>
    public async Task AssertReadAsync(StateContext restored, long logId, params long[] offsets)
    {
        var read = await ReadObjectsAsync(restored, logId);
        var data = read.Where(batch => _batches.ContainsKey((logId, batch.Key))).ToDictionary();
        Assert.Equal(offsets.Order(), data.Keys.Order());
        foreach (var (offset, bytes) in data)
        {
            Assert.Equal(_batches[(logId, offset)][RecordBatchLayout.CrcPosition..], bytes[RecordBatchLayout.CrcPosition..]);
        }
    }

    /// <summary>Every offset from the first to the end has an entry (S1).</summary>
    public static void AssertWhole(StateContext restored)
    {
        foreach (var log in restored.State.Topics.Existing.SelectMany(static topic => topic.Partitions))
        {
            var entries = StateContext.EntriesOf(log);
            Assert.True(entries[0].BaseOffset <= log.LogStartOffset);
            Assert.All(entries.Zip(entries.Skip(1)), static pair => Assert.Equal(pair.First.LastOffset + 1, pair.Second.BaseOffset));
            Assert.Equal(log.NextOffset, entries[^1].LastOffset + 1);
            Assert.Equal(log.NextOffset, log.LastStableOffset);
            Assert.Equal(entries.Sum(static entry => entry.Length), log.ByteSize);
        }
    }

    public void Dispose() => _volume.Dispose();

    private static byte[] MarkerOf(IndexEntry entry) => ControlBatch.Build(new TransactionMarker
    {
        Type = entry.Commit ? ControlRecordType.Commit : ControlRecordType.Abort,
        Offset = entry.BaseOffset,
        Timestamp = entry.MaxTimestamp,
        ProducerId = entry.ProducerId,
        ProducerEpoch = (short)entry.ProducerEpoch,
        CoordinatorEpoch = entry.CoordinatorEpoch,
    });
}
