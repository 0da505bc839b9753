using Spillway.Kafka;
using Spillway.Storage.Wal;
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
    private readonly BlockingIoPool _pool = new("test-io", threadCount: 2, queuedCountMax: 16);

    public WalTestContext(bool onDisk = false, int openFilesMax = 8)
    {
        _folder = onDisk ? new TemporaryFolder() : null;
        Volume = new WalVolume("v1", _folder?.Path ?? "/volume");
        Files = new FaultyWalFileSystem(onDisk ? PosixWalFileSystem.Instance : Memory);
        Reader = new WalSegmentReader(Files, new WalVolumeSet([Volume]), _pool, openFilesMax);
    }

    public Random Random { get; } = new(1);

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

    public async Task<byte[]> ReadAsync(long position, int lengthBytes, int? destinationBytes = null)
    {
        var bytes = new byte[destinationBytes ?? lengthBytes];
        var count = await Reader.ReadAsync(
            Location, position, lengthBytes, bytes, TestContext.Current.CancellationToken);
        return bytes[..count];
    }

    public void Dispose()
    {
        Reader.Dispose();
        _pool.Dispose();
        _folder?.Dispose();
    }
}
