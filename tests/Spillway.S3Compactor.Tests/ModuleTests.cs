using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Spillway.Kafka;
using Spillway.Kafka.Buffers;
using Spillway.Kafka.Records;
using Spillway.Metadata;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;
using Spillway.Testing.Committing;
using Spillway.Rpc.Reading;
using Spillway.ServiceDefaults;
using Spillway.ServiceDefaults.Draining;
using Spillway.Storage.Caching;
using Spillway.Storage.Faults;
using Spillway.Storage.Objects;
using Spillway.Storage.Objects.Format;
using Spillway.Storage.Wal;
using Spillway.Testing.Records;
using Spillway.Testing.Wal;
using Xunit;

namespace Spillway.S3Compactor.Tests;

/// <summary>
/// The module in a real host beside the real metadata module, on real files: what a writer committed and sealed ends in the object store,
/// and the WAL folder is empty.
/// </summary>
public sealed class ModuleTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public Task Committed_blocks_end_in_a_folder() => DrainAsync(new() { ["Spillway:ObjectStore:Kind"] = "Folder" });

    [Fact]
    public async Task Committed_blocks_end_in_s3()
    {
        var endpoint = Environment.GetEnvironmentVariable("SPILLWAY_TEST_S3_ENDPOINT");
        if (string.IsNullOrEmpty(endpoint))
        {
            Assert.Skip("No S3 server: set SPILLWAY_TEST_S3_ENDPOINT, SPILLWAY_TEST_S3_BUCKET, _ACCESS_KEY and _SECRET_KEY to run on one.");
        }

        await DrainAsync(new()
        {
            ["Spillway:ObjectStore:Kind"] = "S3",
            ["Spillway:ObjectStore:KeyPrefix"] = $"module-test/{Guid.NewGuid():n}",
            ["Spillway:ObjectStore:S3:Endpoint"] = endpoint,
            ["Spillway:ObjectStore:S3:Bucket"] = Environment.GetEnvironmentVariable("SPILLWAY_TEST_S3_BUCKET") ?? "spillway-test",
            ["Spillway:ObjectStore:S3:AccessKey"] = Environment.GetEnvironmentVariable("SPILLWAY_TEST_S3_ACCESS_KEY"),
            ["Spillway:ObjectStore:S3:SecretKey"] = Environment.GetEnvironmentVariable("SPILLWAY_TEST_S3_SECRET_KEY"),
        });
    }

    [Fact]
    public void A_bad_setting_stops_the_start_with_its_key()
    {
        using var folder = new TemporaryFolder();

        var e = Assert.ThrowsAny<Exception>(() => Build(folder, new()
        {
            ["Spillway:S3Compactor:ObjectBytesTarget"] = "1",
            ["Spillway:ObjectStore:KeyPrefix"] = "a//b",
        }));

        Assert.Contains("Spillway:S3Compactor:ObjectBytesTarget", e.ToString(), StringComparison.Ordinal);
        Assert.Contains("Spillway:ObjectStore:KeyPrefix", e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_several_drains_left_is_merged_and_reads_as_it_was_written()
    {
        using var folder = new TemporaryFolder();
        await using var app = Build(folder, new()
        {
            ["Spillway:ObjectStore:Kind"] = "Folder",
            ["Spillway:Metadata:MergeEntriesMin"] = "4",
            ["Spillway:Metadata:MergeDelay"] = "00:00:00",
        });
        await app.StartAsync(Token);
        var logIds = await CreateTopicAsync(app.Services.GetRequiredService<IAdminService>(), partitions: 3);
        var written = logIds.ToDictionary(static id => id, static _ => new List<byte[]>());
        for (var round = 0; round < 4; round++)
        {
            foreach (var (logId, batches) in await WriteAsync(app.Services, folder, logIds, $"round-{round}"))
            {
                written[logId].AddRange(batches);
            }

            await WaitForAsync(() => Directory.GetFiles(Path.Combine(folder.Path, "wal"), "*", SearchOption.AllDirectories).Length == 0);
        }

        // The sources are garbage, and stay until no copy of metadata names them.
        var index = app.Services.GetRequiredService<IPartitionIndexService>();
        await WaitForAsync(() => logIds.All(logId => FindEntriesAsync(index, logId).GetAwaiter().GetResult().Entries.Count == 1));
        using var fetcher = new ObjectFetcher(
            app.Services.GetRequiredService<IObjectStore>(), BufferPool.Shared, new ObjectCacheOptions());
        foreach (var (logId, batches) in written)
        {
            Assert.Equal(batches.SelectMany(b => b), await ReadAsync(app.Services, fetcher, logId));
        }

        await app.StopAsync(Token);
    }

    // What an operator is told is asked of metadata, as `spillway jobs` does.
    [Fact]
    public async Task A_byte_that_changed_in_the_store_is_found_by_the_next_pass_and_the_damage_goes_when_it_is_mended()
    {
        using var folder = new TemporaryFolder();
        await using var app = Build(folder, new()
        {
            ["Spillway:ObjectStore:Kind"] = "Folder",
            ["Spillway:Metadata:MergeBytesTarget"] = "0",
            ["Spillway:Metadata:ScrubInterval"] = "00:00:01",
        });
        await app.StartAsync(Token);
        var logIds = await CreateTopicAsync(app.Services.GetRequiredService<IAdminService>(), partitions: 3);
        for (var round = 0; round < 2; round++)
        {
            await WriteAsync(app.Services, folder, logIds, $"round-{round}");
            await WaitForAsync(() => Directory.GetFiles(Path.Combine(folder.Path, "wal"), "*", SearchOption.AllDirectories).Length == 0);
        }

        var jobs = app.Services.GetRequiredService<IJobService>();
        var sound = await WaitForPassAsync(jobs, passes: 2);
        Assert.Equal((2, 0), (sound.ObjectsTotal, sound.DamagedCount));

        var path = Directory.GetFiles(Path.Combine(folder.Path, "objects"), "*.obj", SearchOption.AllDirectories)[0];
        FlipByte(path, position: 1_000);
        var damaged = Assert.Single((await WaitForPassAsync(jobs, passes: 2)).Damaged);
        Assert.Equal((ObjectDamageKind.DataBlock, 0), (damaged.Damage, damaged.Position));
        Assert.EndsWith(damaged.Key, path, StringComparison.Ordinal);
        Assert.Contains("offsets", damaged.Reason, StringComparison.Ordinal);

        FlipByte(path, position: 1_000);
        Assert.Empty((await WaitForPassAsync(jobs, passes: 2)).Damaged);
        await app.StopAsync(Token);
    }

    /// <summary>The first of them may have begun before.</summary>
    private static async Task<ScrubInfo> WaitForPassAsync(IJobService jobs, int passes)
    {
        async Task<ScrubInfo> AskAsync() => (await jobs.ListJobsAsync(new ListJobsRequest(), Token)).Scrub;
        var info = await AskAsync();
        for (var i = 0; i < passes; i++)
        {
            var before = info.LastEndMs;
            await WaitForAsync(() => (info = AskAsync().GetAwaiter().GetResult()).LastEndMs > before);
        }

        return info;
    }

    private static void FlipByte(string path, int position)
    {
        var bytes = File.ReadAllBytes(path);
        bytes[position] ^= 1;
        File.WriteAllBytes(path, bytes);
    }

    // A log compaction or a merge may take minutes, and the WAL has a budget of seconds.
    [Fact]
    public async Task A_drain_is_carried_out_while_a_rewriting_job_stands_still_and_a_stop_waits_for_both()
    {
        using var folder = new TemporaryFolder();
        var standstill = new StandstillAtMerge();
        await using var app = Build(
            folder,
            new()
            {
                ["Spillway:ObjectStore:Kind"] = "Folder",
                ["Spillway:Metadata:MergeEntriesMin"] = "2",
                ["Spillway:Metadata:MergeDelay"] = "00:00:00",
            },
            standstill);
        await app.StartAsync(Token);
        var logIds = await CreateTopicAsync(app.Services.GetRequiredService<IAdminService>(), partitions: 3);
        for (var round = 0; round < 3; round++)
        {
            await WriteAsync(app.Services, folder, logIds, $"round-{round}");
            await WaitForAsync(() => Directory.GetFiles(Path.Combine(folder.Path, "wal"), "*", SearchOption.AllDirectories).Length == 0);
            if (round == 1)
            {
                await standstill.Arrived.WaitAsync(TimeSpan.FromSeconds(60), Token);
            }
        }

        var drains = app.Services.GetServices<IDrainable>().Where(static part => part.Stage == DrainStage.FinishInFlight)
            .ToDictionary(static part => part.Name, static part => part.DrainAsync(Token));
        await drains["s3-compactor.jobs"].WaitAsync(TimeSpan.FromSeconds(60), Token);
        Assert.False(drains["s3-compactor.rewrites"].IsCompleted);
        standstill.Release();
        await drains["s3-compactor.rewrites"].WaitAsync(TimeSpan.FromSeconds(60), Token);
        var found = await FindEntriesAsync(app.Services.GetRequiredService<IPartitionIndexService>(), logIds[0]);
        Assert.Equal(2, found.Entries.Count);
        await app.StopAsync(Token);
    }

    private static Task<FindEntriesReply> FindEntriesAsync(IPartitionIndexService index, long logId) => index.FindEntriesAsync(
        new FindEntriesRequest { LogId = logId, Offset = 0, BytesMax = long.MaxValue, EntriesMax = 1000, Barrier = true }, Token);

    private static async Task DrainAsync(Dictionary<string, string?> settings)
    {
        using var folder = new TemporaryFolder();
        await using var app = Build(folder, settings);
        await app.StartAsync(Token);
        var logIds = await CreateTopicAsync(app.Services.GetRequiredService<IAdminService>(), partitions: 3);
        var written = await WriteAsync(app.Services, folder, logIds);

        await WaitForAsync(() => Directory.GetFiles(Path.Combine(folder.Path, "wal"), "*", SearchOption.AllDirectories).Length == 0);

        using var fetcher = new ObjectFetcher(
            app.Services.GetRequiredService<IObjectStore>(), BufferPool.Shared, new ObjectCacheOptions());
        foreach (var (logId, batches) in written)
        {
            Assert.Equal(batches.SelectMany(b => b), await ReadAsync(app.Services, fetcher, logId));
        }

        await app.StopAsync(Token);
    }

    private static WebApplication Build(TemporaryFolder folder, Dictionary<string, string?> settings, IFailPoints? failPoints = null)
    {
        var builder = ServiceHost.CreateBuilder([]);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Spillway:Service:HttpPort"] = "0",
            ["Spillway:Metadata:DataFolder"] = Path.Combine(folder.Path, "metadata"),
            ["Spillway:Metadata:DrainAge"] = "00:00:00",
            ["Spillway:Metadata:ReadGrace"] = "00:00:00",
            ["Spillway:S3Compactor:PollInterval"] = "00:00:00.02",
            ["Spillway:S3Compactor:Volumes:0:Name"] = "v1",
            ["Spillway:S3Compactor:Volumes:0:Path"] = Path.Combine(folder.Path, "wal"),
            ["Spillway:ObjectStore:Folder"] = Path.Combine(folder.Path, "objects"),
        });
        builder.Configuration.AddInMemoryCollection(settings);
        builder.AddServiceDefaults("test");
        builder.AddMetadata();
        // There is no writer in this process that could be asked.
        builder.Services.AddSingleton<IWalReadService>(new RoutedWalReadService(static (_, _) => new((string?)null)));
        builder.AddS3Compactor();
        if (failPoints is not null)
        {
            builder.Services.AddSingleton(failPoints);
        }

        var app = builder.Build();
        app.MapServiceDefaults();
        app.MapS3Compactor();
        return app;
    }

    private static async Task<IReadOnlyList<long>> CreateTopicAsync(IAdminService admin, int partitions)
    {
        var created = await admin.CreateTopicsAsync(
            new CreateTopicsCall { Topics = { new NewTopic { Name = "t", Partitions = partitions, ReplicationFactor = -1 } } }, Token);
        Assert.Equal(0, created.Topics[0].ErrorCode);
        return [.. Enumerable.Range(1, partitions).Select(i => (long)i)];
    }

    /// <summary>What a writer does: register, open, write blocks, commit them, seal.</summary>
    private static async Task<Dictionary<long, List<byte[]>>> WriteAsync(
        IServiceProvider services, TemporaryFolder folder, IReadOnlyList<long> logIds, string processId = "p")
    {
        var random = new Random(1);
        var commits = services.GetRequiredService<IWalCommitService>();
        var writer = await services.GetRequiredService<IRegistrationService>().RegisterAsync(
            new RegisterRequest { Kind = NodeKind.Writer, Name = "w", Zone = "z", ProcessId = processId, Volumes = { "v1" } }, Token);
        var opened = await commits.OpenSegmentAsync(
            new OpenSegmentRequest { WriterId = writer.NodeId, WriterEpoch = writer.Epoch, Volume = "v1", RequestToken = "t" }, Token);
        var header = new WalSegmentHeader
        {
            ClusterId = Guid.Empty, WriterId = writer.NodeId, WriterEpoch = writer.Epoch, SegmentId = opened.SegmentId, CreatedMs = 0,
        };
        using var segment = WalSegmentAppender.Create(
            PosixWalFileSystem.Instance,
            Path.Combine(folder.Path, "wal", opened.Path),
            header,
            new WalSegmentSettings(1 << 20, WalFlushMode.FdataSync, 1));
        var written = logIds.ToDictionary(id => id, _ => new List<byte[]>());
        for (var blockSeq = 1; blockSeq <= 5; blockSeq++)
        {
            var request = new CommitBlockRequest
            {
                WriterId = writer.NodeId, WriterEpoch = writer.Epoch, SegmentId = opened.SegmentId, BlockSeq = blockSeq,
            };
            var block = new WalBlock();
            var batches = Enumerable.Range(0, 10).Select(i => (LogId: logIds[i % 3], Bytes: TestBatch.Create(random, 5000, 3))).ToList();
            foreach (var (logId, bytes) in batches)
            {
                request.Batches.Add(new BatchCommit
                {
                    LogId = logId, Position = block.PayloadBytes, Length = bytes.Length, RecordCount = 3, MaxTimestamp = 1_700_000_000_000,
                    ProducerId = -1, ProducerEpoch = -1, BaseSequence = -1,
                });
                block.Add(new LogId(logId), bytes);
            }

            Assert.True(segment.TryPlace(block, blockSeq));
            segment.Write(block, lane: 0);
            request.PayloadPosition = block.Header.PayloadPosition;
            var reply = await commits.CommitBlockAsync(request, Token);
            Assert.Equal(CommitStatus.Committed, reply.Status);
            foreach (var ((logId, bytes), result) in batches.Zip(reply.Results))
            {
                Assert.Equal(0, result.ErrorCode);
                RecordBatchBytes.SetBaseOffset(bytes, result.BaseOffset);
                written[logId].Add(bytes);
            }
        }

        await commits.SealSegmentAsync(
            new SealSegmentRequest { WriterId = writer.NodeId, WriterEpoch = writer.Epoch, SegmentId = opened.SegmentId }, Token);
        return written;
    }

    private static async Task<byte[]> ReadAsync(IServiceProvider services, ObjectFetcher fetcher, long logId)
    {
        var found = await FindEntriesAsync(services.GetRequiredService<IPartitionIndexService>(), logId);
        List<byte> all = [];
        foreach (var entry in found.Entries)
        {
            Assert.Equal(ContainerKind.Object, entry.Kind);
            var key = found.Containers.Single(c => c.ContainerId == entry.ContainerId).Path;
            var extent = new ObjectExtent(
                new LogId(logId), entry.BaseOffset, entry.LastOffset, entry.MaxTimestamp, entry.Position, entry.Length);
            using var fetched = await fetcher.ReadAsync(key, extent, entry.BaseOffset, int.MaxValue, isOneBatchOwed: true, Token);
            all.AddRange(fetched.Pieces.SelectMany(p => p.ToArray()));
        }

        return [.. all];
    }

    private static async Task WaitForAsync(Func<bool> condition)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Token);
        deadline.CancelAfter(TimeSpan.FromSeconds(60));
        while (!condition())
        {
            await Task.Delay(10, deadline.Token);
        }
    }
}
