using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Spillway.Kafka;
using Spillway.Kafka.Buffers;
using Spillway.Kafka.Errors;
using Spillway.Rpc.Append;
using Spillway.ServiceDefaults.Loops;
using Spillway.Storage.Faults;
using Spillway.Storage.Wal;
using Spillway.Storage.Wal.S3;
using Spillway.Testing.Faults;
using Spillway.Testing.Objects;
using Spillway.Testing.Records;
using Spillway.Testing.Wal;
using Spillway.WalWriter.Appending;
using Spillway.WalWriter.Flushing;
using Spillway.WalWriter.Reading;
using Spillway.WalWriter.Sessions;
using Spillway.WalWriter.Volumes;
using Xunit;

namespace Spillway.WalWriter.Tests;

/// <summary>A whole writer over faulty files in memory and a fake metadata service; the loop is stepped by the test.</summary>
internal sealed class WriterTestContext : IAsyncDisposable
{
    public static readonly TimeSpan LongEnough = TimeSpan.FromMinutes(1);

    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly WalWriterMetrics _metrics;
    private WalStorage _storage;
    private bool _isDisposed;

    public WriterTestContext(
        WalWriterOptions? options = null,
        TimeProvider? time = null,
        FakeMetadata? metadata = null,
        int seed = 1,
        FaultScript? faults = null)
    {
        Options = options ?? CreateOptions();
        Time = time ?? TimeProvider.System;
        Metadata = metadata ?? new FakeMetadata();
        Random = new Random(seed);
        Files = new FaultyWalFileSystem(Memory);
        Store = new FaultyObjectStore(Objects);
        Faults = faults ?? FaultScript.CreateOff();
        Recent = new RecentBlocks(Options.RecentBytesMax);
        Budget = new AppendBudget(Options.InFlightBytesMax, Time);
        _metrics = new WalWriterMetrics(_services.GetRequiredService<IMeterFactory>());
        (_storage, Appends, Loop) = CreateWriter();
    }

    public WalWriterOptions Options { get; private set; }

    public TimeProvider Time { get; }

    public FakeMetadata Metadata { get; }

    public InMemoryWalFileSystem Memory { get; } = new();

    public FaultyWalFileSystem Files { get; }

    /// <summary>What volumes of kind S3 are in.</summary>
    public InMemoryObjectStore Objects { get; } = new();

    public FaultyObjectStore Store { get; }

    /// <summary>The faults of the process; off unless the test gave a script.</summary>
    public FaultScript Faults { get; }

    public Random Random { get; }

    public BufferPool Pool { get; } = new(1 << 20);

    public WalAppendService Appends { get; private set; }

    public WriterLoop Loop { get; private set; }

    public RecentBlocks Recent { get; }

    public AppendBudget Budget { get; }

    public static WalWriterOptions CreateOptions(
        int flushThreads = 2,
        long segmentBytes = 1 << 20,
        TimeSpan? rollInterval = null,
        TimeSpan? appendTimeout = null,
        long inFlightBytesMax = 64 << 20,
        int volumeCount = 1,
        TimeSpan? stallLimit = null,
        long recentBytesMax = 0) => new()
        {
            Name = "writer-1",
            Volumes = [.. Enumerable.Range(1, volumeCount).Select(i => new WriterVolumeOptions { Name = $"v{i}", Path = $"/v{i}" })],
            StallLimit = stallLimit ?? TimeSpan.FromSeconds(3),
            FlushThreads = flushThreads,
            SegmentBytes = segmentBytes,
            RollInterval = rollInterval ?? TimeSpan.FromHours(1),
            AppendTimeout = appendTimeout ?? TimeSpan.FromMinutes(5),
            InFlightBytesMax = inFlightBytesMax,
            // Most tests count rented buffers, and nothing is to be kept after its answer.
            RecentBytesMax = recentBytesMax,
        };

    /// <summary>A volume in the object store, and after it as many folders as asked for.</summary>
    public static WalWriterOptions CreateObjectOptions(
        TimeSpan? linger = null, int blockBytes = 8 << 20, int parallelPuts = 2, int folderCount = 0, long segmentBytes = 1 << 20) => new()
        {
            Name = "writer-1",
            Volumes =
            [
                new WriterVolumeOptions { Name = "s", Path = "wal", Kind = WalVolumeKind.S3 },
                .. Enumerable.Range(1, folderCount).Select(i => new WriterVolumeOptions { Name = $"v{i}", Path = $"/v{i}" }),
            ],
            SegmentBytes = segmentBytes,
            RollInterval = TimeSpan.FromHours(1),
            AppendTimeout = TimeSpan.FromMinutes(5),
            RecentBytesMax = 0,
            S3 = new S3WriterOptions
            {
                Linger = linger ?? TimeSpan.FromMilliseconds(5),
                BlockBytes = blockBytes,
                ParallelPuts = parallelPuts,
            },
        };

    /// <summary>Registers and opens a stream under the epoch that results.</summary>
    public async Task<IAppendStream> StartAsync()
    {
        await Loop.RunOnceAsync(TestContext.Current.CancellationToken);
        Assert.True(Appends.IsOpen);
        return Appends.OpenStream("test");
    }

    /// <summary>The same, and waits until every volume has an open segment, so that the first one takes what comes.</summary>
    public async Task<IAppendStream> StartWithSegmentsAsync()
    {
        var stream = await StartAsync();
        await UntilReadyAsync();
        return stream;
    }

    /// <summary>Waits until every volume has an open segment and lanes with nothing to do, all but those in calls that hang.</summary>
    public async Task UntilReadyAsync(int hangingLaneCount = 0)
    {
        var slots = Loop.Session!.Pipeline.Slots;
        await UntilAsync(
            () => slots.All(slot => slot.Next is not null)
                && slots.Sum(slot => slot.IdleLanes.Count) == (slots.Count * Options.FlushThreads) - hangingLaneCount,
            "each volume is ready for blocks");
    }

    /// <summary>Drains the writer and starts it again with another configuration, on the same volumes and metadata.</summary>
    public async Task RestartAsync(WalWriterOptions options)
    {
        await Loop.DrainAsync(TestContext.Current.CancellationToken);
        Loop.Dispose();
        _storage.Dispose();
        Options = options;
        (_storage, Appends, Loop) = CreateWriter();
    }

    public byte[] CreateBatch(int bodyBytes = 100, int recordCount = 1) =>
        TestBatch.Create(Random, bodyBytes, recordCount);

    /// <summary>Appends batches as one request, from a buffer that the writer alone owns afterwards.</summary>
    public Task<AppendResult> AppendAsync(IAppendStream stream, params (long LogId, byte[] Batch)[] batches)
    {
        var buffer = Pool.Rent(batches.Sum(b => b.Batch.Length));
        var list = new List<BatchToAppend>();
        var at = 0;
        foreach (var (logId, batch) in batches)
        {
            batch.CopyTo(buffer.Span[at..]);
            list.Add(new BatchToAppend(new LogId(logId), buffer.Memory.Slice(at, batch.Length)));
            at += batch.Length;
        }

        var result = stream.AppendAsync(
            new AppendRequest { Owner = buffer, Batches = list }, TestContext.Current.CancellationToken).AsTask();
        buffer.Release();
        return result;
    }

    /// <summary>Appends one batch and gives its offset.</summary>
    public async Task<long> AppendOneAsync(IAppendStream stream, long logId, byte[] batch)
    {
        var result = await AppendAsync(stream, (logId, batch)).WaitAsync(LongEnough);
        Assert.Equal(ErrorCode.None, result.Error);
        Assert.Equal(ErrorCode.None, result.Batches[0].Error);
        return result.Batches[0].BaseOffset;
    }

    /// <summary>What a consumer would get for a committed batch.</summary>
    public byte[] ReadCommitted(FakeMetadata.CommittedBatch batch)
    {
        if (batch.Segment.Volume == "s")
        {
            var at = S3BlockPosition.Of(batch.Position);
            var block = Objects.Get(S3SegmentKeys.BlockOf($"wal/{batch.Segment.Path}", at.Number));
            return block.AsSpan((int)at.Byte, batch.LengthBytes).ToArray();
        }

        using var file = Memory.OpenRead($"/{batch.Segment.Volume}/{batch.Segment.Path}", dropCachedPages: false);
        var bytes = new byte[batch.LengthBytes];
        Assert.Equal(bytes.Length, file.Read(bytes, batch.Position));
        return bytes;
    }

    /// <summary>Waits until something that happens on other threads has happened.</summary>
    public static async Task UntilAsync(Func<bool> condition, string what)
    {
        var deadline = Environment.TickCount64 + (long)LongEnough.TotalMilliseconds;
        while (!condition())
        {
            Assert.True(Environment.TickCount64 < deadline, $"it did not happen that {what}");
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
    }

    private (WalStorage Storage, WalAppendService Appends, WriterLoop Loop) CreateWriter()
    {
        var environment = new WriterEnvironment(
            Options, _metrics, Time, FaultServices.CreateFailPoints(Faults.Control), NullLoggerFactory.Instance, Budget, Recent);
        var storage = WalWriterServices.CreateStorage(Files, Faults.Control, environment, Store);
        var appends = new WalAppendService(environment, NullLogger<WalAppendService>.Instance);
        var loop = new WriterLoop(
            new WriterNeighbours(Metadata, Metadata),
            appends,
            storage,
            environment,
            new LoopEnvironment(Time, new LoopHeartbeats(Time), new LoopFailure(), Metrics: null, NullLoggerFactory.Instance));
        return (storage, appends, loop);
    }

    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        Faults.Control.Dispose();
        Files.OnFlush = null;
        Files.OnWrite = null;
        Metadata.BeforeCommit = null;
        Metadata.AfterCommit = null;
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await Loop.DrainAsync(soon.Token);
        _storage.Dispose();
        Loop.Dispose();
        Faults.Dispose();
        await _services.DisposeAsync();
    }
}
