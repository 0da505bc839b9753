using Microsoft.Extensions.Logging.Abstractions;
using Spillway.Kafka;
using Spillway.Kafka.Buffers;
using Spillway.Kafka.Records;
using Spillway.Rpc.Metadata;
using Spillway.S3Compactor.Cleaning;
using Spillway.S3Compactor.Draining;
using Spillway.S3Compactor.Merging;
using Spillway.S3Compactor.Planning;
using Spillway.S3Compactor.Scrubbing;
using Spillway.S3Compactor.Sessions;
using Spillway.ServiceDefaults.Loops;
using Spillway.Storage.Caching;
using Spillway.Storage.Faults;
using Spillway.Storage.Objects.Format;
using Spillway.Storage.Wal;
using Spillway.Storage.Wal.Reading;
using Spillway.Storage.Wal.S3;
using Spillway.Testing.Metrics;
using Spillway.Testing.Objects;
using Spillway.Testing.Records;
using Spillway.Testing.Wal;
using Xunit;

namespace Spillway.S3Compactor.Tests;

/// <summary>
/// A cluster in miniature: sealed segments on a volume, metadata that names what lies in them, an object store, and compactors that come and
/// go. Remembers every batch that was acknowledged, so that a test can ask for S1 to S3 at any moment.
/// </summary>
internal sealed class CompactorTestContext : IDisposable
{
    private const string Volume = "v1";
    private const string ObjectVolume = "s";

    private readonly WalVolumeSet _volumes = new(
        [new WalVolume(Volume, "/volume"), new WalVolume(ObjectVolume, "wal", WalVolumeKind.S3)]);

    private readonly InMemoryWalFileSystem _memoryFiles = new();
    private readonly Dictionary<long, List<byte[]>> _acknowledged = [];
    private readonly BufferPool _readerPool = new(1 << 20);
    private long _lastSegmentId;

    public CompactorTestContext(int seed = 1, long objectBytesTarget = 64 << 20, long partitionObjectBytesMin = 8 << 20)
    {
        Random = new Random(seed);
        Files = new FaultyWalFileSystem(_memoryFiles);
        Store = new FaultyObjectStore(Objects);
        Writer = new ScriptedWriterPeer(Pool);
        Volumes = new CompactorVolumes(
            Files,
            _volumes,
            new WalReadSettings { ThreadsPerVolume = 2, FreshViewDelays = [TimeSpan.Zero] },
            new WalReadEnvironment(Pool, Writer, Objects: Store));
        Metrics = new S3CompactorMetrics(Readings);
        Options = new S3CompactorOptions
        {
            Name = "c1",
            ObjectBytesTarget = objectBytesTarget,
            PartitionObjectBytesMin = partitionObjectBytesMin,
        };
    }

    public Random Random { get; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public MiniMetadata Metadata { get; } = new();

    public InMemoryObjectStore Objects { get; } = new();

    public FaultyObjectStore Store { get; }

    public FaultyWalFileSystem Files { get; }

    public CompactorVolumes Volumes { get; }

    public CounterReadings Readings { get; } = new();

    /// <summary>The writer of all segments, which answers nothing unless a test says so.</summary>
    public ScriptedWriterPeer Writer { get; }

    /// <summary>The same writer's memory, which is of another zone unless a test says so.</summary>
    public ScriptedWriterMemory Memory { get; } = new();

    public S3CompactorMetrics Metrics { get; }

    public S3CompactorOptions Options { get; }

    /// <summary>What compactors rent from.</summary>
    public BufferPool Pool { get; } = new(16 << 20);

    public IReadOnlyList<string> SegmentPaths => _memoryFiles.Paths;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>
    /// A sealed segment with blocks of batches: for each batch its log and body size, or a negative log for one that the commit refused.
    /// </summary>
    public long AddSegment(params (long LogId, int BodyBytes)[][] blocks) => AddSegment(Volume, blocks);

    /// <summary>The same whose blocks are objects.</summary>
    public long AddObjectSegment(params (long LogId, int BodyBytes)[][] blocks) => AddSegment(ObjectVolume, blocks);

    private long AddSegment(string volume, (long LogId, int BodyBytes)[][] blocks)
    {
        var id = ++_lastSegmentId;
        var path = $"7/{id:x8}.wal";
        var header = new WalSegmentHeader { ClusterId = Guid.NewGuid(), WriterId = 7, WriterEpoch = 1, SegmentId = id, CreatedMs = 0 };
        var factory = new WalSegmentFactory(Files, _volumes, new S3Volume(Store, new S3WalSettings(), Time));
        using var segment = factory.Create(
            new WalSegmentLocation(volume, path), header, new WalSegmentSettings(1 << 20, WalFlushMode.FdataSync, 1));
        Metadata.AddSealedSegment(new ContainerLocation
        {
            Kind = ContainerKind.WalSegment,
            ContainerId = id,
            Volume = volume,
            Path = path,
            WriterId = 7,
        });
        for (var blockSeq = 1; blockSeq <= blocks.Length; blockSeq++)
        {
            AddBlock(segment, blockSeq, blocks[blockSeq - 1]);
        }

        return id;
    }

    /// <summary>The end of a transaction, which no segment holds.</summary>
    public void AddMarker(long logId, long producerId, bool commit = true)
    {
        var entry = Metadata.AppendMarker(logId, producerId, commit);
        if (!_acknowledged.TryGetValue(logId, out var batches))
        {
            _acknowledged[logId] = batches = [];
        }

        batches.Add(ToBatch(entry));
    }

    /// <summary>A segment with random content.</summary>
    public long AddRandomSegment(int blockCount = 5) => AddSegment(
        [.. Enumerable.Range(0, blockCount).Select(_ => Enumerable.Range(0, Random.Next(1, 12))
            .Select(_ => (LogId: (long)Random.Next(1, 6) * (Random.Next(8) == 0 ? -1 : 1), BodyBytes: Random.Next(1, 4000))).ToArray())]);

    /// <summary>A compactor's process, just started: registered under a new epoch.</summary>
    public async Task<JobLoop> StartAsync(IFailPoints? failPoints = null)
    {
        var session = new CompactorSession();
        var reply = await Metadata.RegisterAsync(new RegisterRequest(), Token);
        session.Begin(new CompactorIdentity(reply.NodeId, reply.Epoch, TimeSpan.FromMilliseconds(reply.LeaseMs)));
        return CreateLoop(session, failPoints ?? NoFailPoints.Instance);
    }

    /// <summary>A compactor that runs under a registration of the test's making.</summary>
    public JobLoop CreateLoop(CompactorSession session, IFailPoints failPoints, JobLane? lane = null)
    {
        var client = new JobMetadataClient(Metadata, Time, Metrics, NullLogger<JobMetadataClient>.Instance);
        var memory = new WriterMemory(Memory, Memory, Pool, Metrics, Time, NullLogger<WriterMemory>.Instance);
        var reader = new SegmentRangeReader(Volumes, memory, Pool, Metrics, NullLogger<SegmentRangeReader>.Instance);
        var targets = new DrainTargets(Store, client, Pool, Time);
        var drain = new DrainRunner(reader, targets, failPoints, Options, Metrics, NullLogger<DrainRunner>.Instance);
        var deleter = new SegmentDeleter(Volumes, Store, NullLogger<SegmentDeleter>.Instance);
        var delete = new DeleteRunner(deleter, Store, failPoints, Metrics, NullLogger<DeleteRunner>.Instance);
        var sources = new SourceReader(targets, Metrics, NullLogger<SourceReader>.Instance);
        var merge = new MergeRunner(sources, targets, failPoints, Options, Metrics, NullLogger<MergeRunner>.Instance);
        var scrub = new ScrubRunner(Store, Pool, failPoints, Metrics, NullLogger<ScrubRunner>.Instance);
        var runners = new JobRunners([drain, delete, merge, scrub], failPoints);
        return new JobLoop(lane ?? new JobLane("all", runners.Kinds), client, session, runners, Options, Metrics, CreateEnvironment());
    }

    public LoopEnvironment CreateEnvironment() =>
        new(Time, new LoopHeartbeats(Time), new LoopFailure(), Metrics: null, NullLoggerFactory.Instance);

    /// <summary>What a segment holds, whatever the volume shows.</summary>
    public byte[] ReadSegment(WalSegmentName segment, long position, int lengthBytes)
    {
        var bytes = new byte[lengthBytes];
        using var file = _memoryFiles.OpenRead(Path.Combine("/volume", segment.Location.Path), dropCachedPages: false);
        Assert.Equal(lengthBytes, file.Read(bytes, position));
        return bytes;
    }

    /// <summary>Runs jobs until there is none, letting leases and prepares run out in between.</summary>
    public async Task RunUntilQuietAsync(JobLoop loop)
    {
        for (var round = 0; round < 4; round++)
        {
            while (await loop.RunOnceAsync(Token))
            {
            }

            Metadata.PassMuchTime();
        }
    }

    /// <summary>S1: every acknowledged offset reads as it was acknowledged. S2: what the index names is there.</summary>
    public async Task AssertAllReadableAsync()
    {
        using var fetcher = new ObjectFetcher(Objects, _readerPool, new ObjectCacheOptions());
        foreach (var (logId, batches) in _acknowledged)
        {
            var next = 0L;
            var bytes = new List<byte[]>();
            foreach (var (entry, _) in Metadata.Logs[logId].Entries)
            {
                Assert.Equal(next, entry.BaseOffset);
                bytes.Add(await ReadAsync(fetcher, logId, entry));
                next = entry.LastOffset + 1;
            }

            Assert.Equal(Metadata.Logs[logId].NextOffset, next);
            Assert.True(Join(batches).AsSpan().SequenceEqual(Join(bytes)), $"log {logId} does not read as it was acknowledged");
        }
    }

    /// <summary>S3: what the index does not name is gone, and metadata knows of nothing else.</summary>
    public void AssertNothingLeaks()
    {
        var named = Metadata.Logs.Values.SelectMany(l => l.Entries).Where(e => e.Entry.Kind != ContainerKind.Marker)
            .Select(e => (e.Entry.Kind, e.Entry.ContainerId)).ToHashSet();
        var containers = Metadata.Containers.ToList();
        Assert.Equal(named.Order(), containers.Select(c => (c.Kind, c.ContainerId)).Order());
        Assert.Equal(
            containers.Where(c => c.Kind == ContainerKind.Object).Select(c => c.Path).Order(StringComparer.Ordinal), Objects.Keys);
        Assert.Equal(
            containers.Where(c => c.Kind == ContainerKind.WalSegment).Select(c => Path.Combine("/volume", c.Path)).Order(StringComparer.Ordinal),
            SegmentPaths);
        Assert.Equal(0, Pool.RentedBytes);
    }

    /// <summary>What was to be scrubbed was, and none of it was blamed for what the store did.</summary>
    public void AssertScrubbed()
    {
        Assert.Empty(Metadata.ToScrub);
        Assert.All(Metadata.Scrubbed.Values, Assert.Null);
    }

    /// <summary>Nothing is left in the WAL.</summary>
    public void AssertDrained()
    {
        Assert.Empty(SegmentPaths);
        Assert.All(Metadata.Logs.Values.SelectMany(l => l.Entries), e => Assert.Equal(ContainerKind.Object, e.Entry.Kind));
    }

    public void Dispose()
    {
        Volumes.Dispose();
        Readings.Dispose();
    }

    private static byte[] ToBatch(IndexEntry marker) => ControlBatch.Build(new TransactionMarker
    {
        Type = marker.Commit ? ControlRecordType.Commit : ControlRecordType.Abort,
        Offset = marker.BaseOffset,
        Timestamp = marker.MaxTimestamp,
        TimestampType = marker.LogAppendTime ? TimestampType.LogAppendTime : TimestampType.CreateTime,
        ProducerId = marker.ProducerId,
        ProducerEpoch = (short)marker.ProducerEpoch,
        CoordinatorEpoch = marker.CoordinatorEpoch,
    });

    private static byte[] Join(IEnumerable<byte[]> parts) => [.. parts.SelectMany(p => p)];

    private void AddBlock(IWalSegmentAppender segment, long blockSeq, (long LogId, int BodyBytes)[] batches)
    {
        var block = new WalBlock();
        var bytes = batches.Select(b => TestBatch.Create(Random, b.BodyBytes, Random.Next(1, 5), maxTimestamp: 1000 + blockSeq)).ToArray();
        foreach (var (batch, content) in batches.Zip(bytes))
        {
            block.Add(new LogId(Math.Abs(batch.LogId)), content);
        }

        Assert.True(segment.TryPlace(block, blockSeq));
        segment.Write(block, lane: 0);
        foreach (var ((batch, content), entry) in batches.Zip(bytes).Zip(block.Directory))
        {
            if (batch.LogId > 0)
            {
                Acknowledge(batch.LogId, content, segment.SegmentId, block.Header.PayloadPosition + entry.Position, 1000 + blockSeq);
            }
        }
    }

    private void Acknowledge(long logId, byte[] content, long segmentId, long position, long maxTimestamp)
    {
        RecordBatchHeader.TryRead(content, out var header);
        var baseOffset = Metadata.Logs.TryGetValue(logId, out var log) ? log.NextOffset : 0;
        Metadata.Append(logId, baseOffset + header.LastOffsetDelta, maxTimestamp, segmentId, position, content.Length);
        var stored = (byte[])content.Clone();
        RecordBatchBytes.SetBaseOffset(stored, baseOffset);
        if (!_acknowledged.TryGetValue(logId, out var batches))
        {
            _acknowledged[logId] = batches = [];
        }

        batches.Add(stored);
    }

    private async Task<byte[]> ReadAsync(ObjectFetcher fetcher, long logId, IndexEntry entry)
    {
        if (entry.Kind == ContainerKind.Marker)
        {
            return ToBatch(entry);
        }

        if (entry.Kind == ContainerKind.Object)
        {
            var key = Metadata.Containers.Single(c => c.Kind == ContainerKind.Object && c.ContainerId == entry.ContainerId).Path;
            var extent = new ObjectExtent(
                new LogId(logId), entry.BaseOffset, entry.LastOffset, entry.MaxTimestamp, entry.Position, entry.Length);
            using var fetched = await fetcher.ReadAsync(key, extent, entry.BaseOffset, int.MaxValue, isOneBatchOwed: true, Token);
            Assert.Equal(entry.LastOffset + 1, fetched.NextOffset);
            return Join(fetched.Pieces.Select(p => p.ToArray()));
        }

        var segment = Metadata.Containers.Single(c => c.Kind == ContainerKind.WalSegment && c.ContainerId == entry.ContainerId);
        if (segment.Volume == ObjectVolume)
        {
            var at = S3BlockPosition.Of(entry.Position);
            var block = Objects.Get(S3SegmentKeys.BlockOf($"wal/{segment.Path}", at.Number));
            var part = block.AsSpan((int)at.Byte, (int)entry.Length).ToArray();
            RecordBatchBytes.SetBaseOffset(part, entry.BaseOffset);
            return part;
        }

        var bytes = new byte[entry.Length];
        using var file = _memoryFiles.OpenRead(Path.Combine("/volume", segment.Path), dropCachedPages: false);
        Assert.Equal(bytes.Length, file.Read(bytes, entry.Position));
        RecordBatchBytes.SetBaseOffset(bytes, entry.BaseOffset);
        return bytes;
    }
}
