using Spillway.Kafka;
using Spillway.Kafka.Buffers;
using Spillway.Storage.Wal;
using Spillway.Storage.Wal.Reading;
using Spillway.Testing.Metrics;
using Spillway.Testing.Records;
using Spillway.Testing.Wal;
using Xunit;

namespace Spillway.Storage.Tests.Wal;

/// <summary>A volume with one writer's segments, on faulty files over memory or over a real folder.</summary>
internal sealed class WalTestContext : IDisposable
{
    public const string SegmentPath = "7/00001.wal";
    public const long SegmentId = 42;
    public const long WriterEpoch = 3;

    private readonly TemporaryFolder? _folder;

    public WalTestContext(bool onDisk = false, WalReadSettings? settings = null, TimeProvider? time = null)
    {
        _folder = onDisk ? new TemporaryFolder() : null;
        Volume = new WalVolume("v1", _folder?.Path ?? "/volume");
        Files = new FaultyWalFileSystem(onDisk ? PosixWalFileSystem.Instance : Memory);
        Writer = new ScriptedWriterPeer(Buffers);
        Reader = new WalSegmentReader(
            Files,
            new WalVolumeSet([Volume]),
            settings ?? Impatient,
            new WalReadEnvironment(Buffers, Writer, new WalReadMetrics(Counters), time));
    }

    /// <summary>Two threads, and no wait between the tries.</summary>
    public static WalReadSettings Impatient => new()
    {
        Name = "test",
        ThreadsPerVolume = 2,
        QueuedReadsMax = 16,
        OpenFilesMax = 8,
        Timeout = TimeSpan.FromMinutes(1),
        FreshViewDelays = [TimeSpan.Zero, TimeSpan.Zero],
    };

    public Random Random { get; } = new(1);

    public BufferPool Buffers { get; } = new(1 << 20);

    public CounterReadings Counters { get; } = new();

    public ScriptedWriterPeer Writer { get; }

    public WalVolume Volume { get; }

    public InMemoryWalFileSystem Memory { get; } = new();

    public FaultyWalFileSystem Files { get; }

    public WalSegmentReader Reader { get; }

    public static WalSegmentHeader Header => new()
    {
        ClusterId = new Guid("00112233-4455-6677-8899-aabbccddeeff"),
        WriterId = 7,
        WriterEpoch = WriterEpoch,
        SegmentId = SegmentId,
        CreatedMs = 1_700_000_000_000,
    };

    public static WalSegmentLocation Location => new("v1", SegmentPath);

    public static WalSegmentName Segment => new(SegmentId, 7, Location);

    public string FullPath => Path.Combine(Volume.Path, SegmentPath);

    public WalSegmentAppender CreateSegment(
        long segmentBytes = 1 << 20, WalFlushMode mode = WalFlushMode.FdataSync, int lanes = 2) =>
        WalSegmentAppender.Create(Files, FullPath, Header, new WalSegmentSettings(segmentBytes, mode, lanes));

    public WalBlock CreateBlock(params (long LogId, int BodyBytes)[] batches)
    {
        var block = new WalBlock();
        foreach (var (logId, bodyBytes) in batches)
        {
            block.Add(new LogId(logId), TestBatch.Create(Random, bodyBytes));
        }

        return block;
    }

    /// <summary>Places and writes a block; the appender must have room.</summary>
    public static void Append(WalSegmentAppender segment, WalBlock block, long blockSeq)
    {
        Assert.True(segment.TryPlace(block, blockSeq));
        segment.Write(block, lane: 0);
    }

    public Task<byte[]> ReadAsync(long position, int lengthBytes, bool isConfirmed = true) =>
        ReadAsync(new WalRead(Segment, position, lengthBytes) { IsConfirmed = isConfirmed });

    public async Task<byte[]> ReadAsync(WalRead read)
    {
        using var buffer = await Reader.ReadAsync(read, TestContext.Current.CancellationToken);
        return buffer.Span.ToArray();
    }

    /// <summary>Reads what cannot be read.</summary>
    public async Task<WalReadFailure> FailAsync(long position, int lengthBytes, bool isConfirmed = true) =>
        (await Assert.ThrowsAsync<WalReadException>(() => ReadAsync(position, lengthBytes, isConfirmed))).Failure;

    /// <summary>How many tries of a step failed for a reason.</summary>
    public long CountFailures(string step, string reason) => Counters["spillway.wal.read.failures", "test", step, reason];

    /// <summary>How many ranges a step gave.</summary>
    public long CountReads(string step) => Counters["spillway.wal.reads", "test", step];

    public void Dispose()
    {
        Reader.Dispose();
        Counters.Dispose();
        _folder?.Dispose();
    }
}
