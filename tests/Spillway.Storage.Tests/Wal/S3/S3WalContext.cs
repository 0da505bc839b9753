using Spillway.Kafka;
using Spillway.Kafka.Buffers;
using Spillway.Storage.Wal;
using Spillway.Storage.Wal.Reading;
using Spillway.Storage.Wal.S3;
using Spillway.Testing.Metrics;
using Spillway.Testing.Objects;
using Spillway.Testing.Records;
using Spillway.Testing.Wal;
using Xunit;

namespace Spillway.Storage.Tests.Wal.S3;

/// <summary>A volume in an object store that fails as a test says, with a writer's segment and a reader.</summary>
internal sealed class S3WalContext : IDisposable
{
    public const string SegmentPath = "000000000042-w7-e3.wal";
    public const string KeyPath = "wal/" + SegmentPath;

    public S3WalContext(S3WalSettings? settings = null, TimeProvider? time = null)
    {
        Store = new FaultyObjectStore(Objects);
        Volume = new S3Volume(Store, settings ?? Impatient, time ?? TimeProvider.System);
        Writer = new ScriptedWriterPeer(Buffers);
        Reader = new WalSegmentReader(
            new InMemoryWalFileSystem(),
            Volumes,
            WalTestContext.Impatient,
            new WalReadEnvironment(Buffers, Writer, new WalReadMetrics(Counters), time, Store));
    }

    public static S3WalSettings Impatient => new()
    {
        PutTimeout = TimeSpan.FromMinutes(1),
        PutAttemptsMax = 3,
        Backoff = TimeSpan.FromTicks(1),
    };

    public static WalVolumeSet Volumes { get; } = new([new WalVolume("s", "wal", WalVolumeKind.S3)]);

    public static WalSegmentName Segment => new(WalTestContext.SegmentId, 7, new WalSegmentLocation("s", SegmentPath));

    public Random Random { get; } = new(5);

    public BufferPool Buffers { get; } = new(1 << 20);

    public CounterReadings Counters { get; } = new();

    public InMemoryObjectStore Objects { get; } = new();

    public FaultyObjectStore Store { get; }

    public S3Volume Volume { get; }

    public ScriptedWriterPeer Writer { get; }

    public WalSegmentReader Reader { get; }

    public IWalSegmentAppender CreateSegment(long segmentBytes = 1 << 20) => new WalSegmentFactory(
        new InMemoryWalFileSystem(), Volumes, Volume).Create(
            Segment.Location, WalTestContext.Header, new WalSegmentSettings(segmentBytes, WalFlushMode.FdataSync, 1));

    public WalBlock CreateBlock(params (long LogId, int BodyBytes)[] batches)
    {
        var block = new WalBlock();
        foreach (var (logId, bodyBytes) in batches)
        {
            block.Add(new LogId(logId), TestBatch.Create(Random, bodyBytes));
        }

        return block;
    }

    /// <summary>Places and writes a block; the segment must have room.</summary>
    public static void Append(IWalSegmentAppender segment, WalBlock block, long blockSeq)
    {
        Assert.True(segment.TryPlace(block, blockSeq));
        segment.Write(block, lane: 0);
    }

    public async Task<byte[]> ReadAsync(long position, int lengthBytes, bool isConfirmed = true)
    {
        using var buffer = await Reader.ReadAsync(
            new WalRead(Segment, position, lengthBytes) { IsConfirmed = isConfirmed }, TestContext.Current.CancellationToken);
        return buffer.Span.ToArray();
    }

    public void Dispose()
    {
        Reader.Dispose();
        Counters.Dispose();
    }
}
