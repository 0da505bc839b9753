using System.Buffers;
using Microsoft.Extensions.Logging.Abstractions;
using Spillway.Kafka;
using Spillway.Kafka.Buffers;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Records;
using Spillway.ProtocolFrontend.Fetching;
using Spillway.ProtocolFrontend.Tails;
using Spillway.Rpc.Metadata;
using Spillway.Storage.Caching;
using Spillway.Storage.Objects;
using Spillway.Storage.Objects.Format;
using Spillway.Storage.Wal;
using Spillway.Storage.Wal.Reading;
using Spillway.Testing.Metrics;
using Spillway.Testing.Objects;
using Spillway.Testing.Records;
using Spillway.Testing.Wal;
using Xunit;

namespace Spillway.ProtocolFrontend.Tests.Fetching;

/// <summary>One partition with two batches in one segment, the index that names them, and a frontend's way to read them.</summary>
internal sealed class WalReadContext : IDisposable
{
    private const string Path = "000000000005-w7-e1.wal";
    private static readonly LogId Log = new(1);

    private readonly InMemoryWalFileSystem _memory = new();
    private readonly InMemoryObjectStore _objects = new();
    private readonly ObjectFetcher _fetcher;
    private readonly WalSegmentReader _segments;
    private readonly TailCache _cache;
    private readonly WalEntryReader _wal;
    private readonly PartitionReader _reader;

    public WalReadContext(long cacheBytesMax = 0)
    {
        Files = new FaultyWalFileSystem(_memory);
        Writer = new ScriptedWriterPeer(Pool);
        _fetcher = new ObjectFetcher(_objects, Pool, new ObjectCacheOptions());
        _segments = new WalSegmentReader(
            Files,
            new WalVolumeSet([new WalVolume("v1", "/v1")]),
            new WalReadSettings { FreshViewDelays = [TimeSpan.Zero] },
            new WalReadEnvironment(Pool, Writer, new WalReadMetrics(Counters)));
        // Without a cache every read goes to the volume.
        _cache = new TailCache(cacheBytesMax, Pool);
        _reader = new PartitionReader(
            _cache,
            new EntryReader(new ContainerDirectory(), _wal = new WalEntryReader(_segments, _cache, behindReadsMax: 1), _fetcher, Pool),
            Index,
            new SequentialReaders(0, 0, TimeProvider.System),
            new ProtocolFrontendMetrics(Counters),
            NullLogger<PartitionReader>.Instance);
        Write();
    }

    public BufferPool Pool { get; } = new(1 << 20);

    public CounterReadings Counters { get; } = new();

    public FaultyWalFileSystem Files { get; }

    public ScriptedWriterPeer Writer { get; }

    public ScriptedPartitionIndex Index { get; } = new();

    /// <summary>The batches as a consumer is to get them.</summary>
    public byte[] Expected { get; private set; } = [];

    public IndexEntry Entry { get; private set; } = new();

    public PartitionView View { get; } = new(Log);

    public async Task<(ErrorCode Error, byte[] Bytes)> ReadAsync()
    {
        using var lease = new ReadLease();
        var read = new PartitionReadState(new ReadBudget(1 << 20), lease, 1 << 20);
        var error = await _reader.ReadAsync(View, 0, Entry.LastOffset + 1, read, null, TestContext.Current.CancellationToken);
        return (error, read.Batches.ToSequence().ToArray());
    }

    /// <summary>Reads the entry as one of the tail, or as one far behind it.</summary>
    public async Task LoadAsync(bool isBehind) => (await _wal.LoadAsync(
        Log, new LocatedEntry(Entry, Index.Containers[0], IsCurrent: false, isBehind), TestContext.Current.CancellationToken)).Release();

    /// <summary>Bytes of the segment, whatever the volume shows.</summary>
    public byte[] ReadSegment(WalSegmentName segment, long position, int lengthBytes)
    {
        var bytes = new byte[lengthBytes];
        using var file = _memory.OpenRead($"/v1/{segment.Location.Path}", dropCachedPages: false);
        Assert.Equal(lengthBytes, file.Read(bytes, position));
        return bytes;
    }

    /// <summary>A compactor moves everything into an object and the segment is deleted; the index says so from now on.</summary>
    public void Drain()
    {
        using var buffer = Pool.Rent(checked((int)Entry.Length));
        ReadSegment(new WalSegmentName(5, 7, new WalSegmentLocation("v1", Path)), Entry.Position, buffer.Length).CopyTo(buffer.Span);
        using var writer = new ObjectWriter(9, ObjectKind.Mixed);
        writer.Append(Log, Entry.BaseOffset, Entry.LastOffset, buffer, 0, buffer.Length);
        var payload = writer.Complete(Pool);
        _objects.PutAsync("o/9", payload, PutMode.CreateNew, CancellationToken.None).GetAwaiter().GetResult();
        var extent = Assert.Single(writer.Extents);
        Index.Entries[0] = new IndexEntry(Entry)
        {
            Kind = ContainerKind.Object,
            ContainerId = 9,
            Position = extent.Position,
            Length = extent.LengthBytes,
        };
        Index.Containers.Add(new ContainerLocation { Kind = ContainerKind.Object, ContainerId = 9, Path = "o/9" });
        _memory.Delete($"/v1/{Path}");
        _segments.Forget(new WalSegmentLocation("v1", Path));
    }

    public void Dispose()
    {
        _wal.Dispose();
        _segments.Dispose();
        _cache.Dispose();
        Counters.Dispose();
    }

    private void Write()
    {
        var random = new Random(1);
        var header = new WalSegmentHeader { ClusterId = Guid.NewGuid(), WriterId = 7, WriterEpoch = 1, SegmentId = 5, CreatedMs = 0 };
        using var segment = WalSegmentAppender.Create(
            Files, $"/v1/{Path}", header, new WalSegmentSettings(1 << 20, WalFlushMode.FdataSync, 1));
        var block = new WalBlock();
        var batches = new[] { TestBatch.Create(random, 6000, recordCount: 3), TestBatch.Create(random, 2000, recordCount: 2) };
        foreach (var batch in batches)
        {
            block.Add(Log, batch);
        }

        Assert.True(segment.TryPlace(block, 1));
        segment.Write(block, lane: 0);
        Entry = new IndexEntry
        {
            BaseOffset = 0,
            LastOffset = 4,
            Kind = ContainerKind.WalSegment,
            ContainerId = 5,
            Position = block.Header.PayloadPosition,
            Length = block.PayloadBytes,
        };
        Index.Entries.Add(Entry);
        Index.Containers.Add(new ContainerLocation
        {
            Kind = ContainerKind.WalSegment,
            ContainerId = 5,
            Volume = "v1",
            Path = Path,
            WriterId = 7,
        });
        RecordBatchBytes.SetBaseOffset(batches[0], 0);
        RecordBatchBytes.SetBaseOffset(batches[1], 3);
        Array.ForEach(batches, batch => RecordBatchBytes.SetPartitionLeaderEpoch(batch, 0));
        Expected = [.. batches[0], .. batches[1]];
    }
}
