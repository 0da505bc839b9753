using System.Threading.Channels;
using Spillway.Kafka.Errors;
using Spillway.Rpc;
using Spillway.Rpc.Metadata;
using Spillway.Testing.Committing;

namespace Spillway.Metadata.Tests.Contract;

/// <summary>What callers of metadata rely on, whether they are in its process or not.</summary>
public abstract class MetadataContractTests(bool overRpc) : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("spillway-metadata-").FullName;
    private MetadataHost _host = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _host = await MetadataHost.StartAsync(_folder, overRpc);

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task The_image_comes_whole_and_then_change_by_change()
    {
        await CreateTopicAsync("before");
        await using var updates = _host.Image.WatchAsync(new WatchImageRequest(), Ct).GetAsyncEnumerator(Ct);
        var full = await NextAsync(updates);
        var created = await CreateTopicAsync("after", 3);
        var change = await NextAsync(updates);
        await _host.Admin.DeleteTopicsAsync(
            new DeleteTopicsCall { Topics = { new TopicReference { TopicId = created.Topics[0].TopicId } } }, Ct);
        var removal = await NextAsync(updates);

        Assert.True(full.Full);
        Assert.Equal(16, full.ClusterId.Length);
        Assert.Equal(["before"], full.Topics.Select(t => t.Name));
        Assert.False(change.Full);
        Assert.Equal(["after"], change.Topics.Select(t => t.Name));
        Assert.Equal(3, change.Topics[0].LogIds.Distinct().Count());
        Assert.Equal(created.ImageVersion, change.Version);
        Assert.Equal([created.Topics[0].TopicId], removal.RemovedTopicIds);
        Assert.True(full.Version < change.Version && change.Version < removal.Version);
    }

    [Fact]
    public async Task A_read_barrier_names_a_version_that_the_image_reaches()
    {
        var created = await CreateTopicAsync("t");
        var writer = await RegisterWriterAsync();
        await CommitAsync(writer, await OpenAsync(writer), 1, Batch((await LogsAsync("t"))[0]));

        var barrier = await _host.Image.ReadBarrierAsync(new ReadBarrierRequest(), Ct);
        await using var updates = _host.Image.WatchAsync(new WatchImageRequest(), Ct).GetAsyncEnumerator(Ct);

        Assert.True(barrier.Version >= created.ImageVersion);
        Assert.Equal(barrier.Version, (await NextAsync(updates)).Version);
    }

    [Fact]
    public async Task A_commit_is_pushed_to_those_who_follow_the_log()
    {
        await CreateTopicAsync("t", 2);
        var logs = await LogsAsync("t");
        var writer = await RegisterWriterAsync();
        var segment = await OpenAsync(writer);
        await CommitAsync(writer, segment, 1, Batch(logs[0], 2));
        var subscriptions = Channel.CreateUnbounded<TailSubscription>();
        await using var updates = _host.Index.WatchTailAsync(subscriptions.Reader.ReadAllAsync(Ct), Ct).GetAsyncEnumerator(Ct);

        await subscriptions.Writer.WriteAsync(new TailSubscription { Subscribe = { logs[0] } }, Ct);
        var first = await NextAsync(updates);
        await CommitAsync(writer, segment, 2, Batch(logs[1]), Batch(logs[0], 3, position: 5000));
        var second = await NextAsync(updates);

        var tail = Assert.Single(first.Partitions);
        Assert.Equal((logs[0], 2, 0), (tail.LogId, tail.HighWatermark, tail.LogStartOffset));
        Assert.Equal(segment.Path, Assert.Single(first.Containers).Path);
        tail = Assert.Single(second.Partitions);
        Assert.Equal((5, 5), (tail.HighWatermark, tail.LastStableOffset));
        var entry = Assert.Single(tail.Entries);
        Assert.Equal((2, 4, 5000), (entry.BaseOffset, entry.LastOffset, entry.Position));
        Assert.Empty(second.Containers);
    }

    [Fact]
    public async Task Who_follows_a_log_learns_that_it_has_gone_and_who_left_it_learns_nothing()
    {
        await CreateTopicAsync("t", 2);
        var logs = await LogsAsync("t");
        var subscriptions = Channel.CreateUnbounded<TailSubscription>();
        await using var updates = _host.Index.WatchTailAsync(subscriptions.Reader.ReadAllAsync(Ct), Ct).GetAsyncEnumerator(Ct);
        await subscriptions.Writer.WriteAsync(new TailSubscription { Subscribe = { logs } }, Ct);
        var first = await NextAsync(updates);
        await subscriptions.Writer.WriteAsync(
            new TailSubscription { Unsubscribe = { logs[0] }, Subscribe = { logs[1] } }, Ct);
        await NextAsync(updates);

        await _host.Admin.DeleteTopicsAsync(
            new DeleteTopicsCall { Topics = { new TopicReference { Name = "t" } } }, Ct);
        var gone = await NextAsync(updates);

        Assert.Equal(logs, first.Partitions.Select(p => p.LogId));
        var tail = Assert.Single(gone.Partitions);
        Assert.Equal((logs[1], true), (tail.LogId, tail.Deleted));
    }

    [Fact]
    public async Task A_commit_that_is_sent_again_gets_the_same_offsets()
    {
        await CreateTopicAsync("t");
        var log = (await LogsAsync("t"))[0];
        var writer = await RegisterWriterAsync();
        var segment = await OpenAsync(writer);

        var first = await CommitAsync(writer, segment, 1, Batch(log, 4));
        await CommitAsync(writer, segment, 2, Batch(log, 1));
        var again = await CommitAsync(writer, segment, 1, Batch(log, 4));

        Assert.Equal(first, again);
        Assert.Equal(0, again.Results[0].BaseOffset);
    }

    [Fact]
    public async Task Entries_are_found_within_the_callers_budget()
    {
        await CreateTopicAsync("t");
        var log = (await LogsAsync("t"))[0];
        var writer = await RegisterWriterAsync();
        var segment = await OpenAsync(writer);
        for (var i = 0; i < 5; i++)
        {
            await CommitAsync(writer, segment, i + 1, Batch(log, 10, position: 1000 * i));
        }

        var all = await FindAsync(log, 0, 10_000);
        var middle = await FindAsync(log, 15, 250);
        var least = await FindAsync(log, 49, 0);
        var end = await FindAsync(log, 50, 0);
        var beyond = await FindAsync(log, 51, 0);
        var unknown = await FindAsync(99_999, 0, 0);

        Assert.Equal(5, all.Entries.Count);
        Assert.Equal(segment.SegmentId, Assert.Single(all.Containers).ContainerId);
        Assert.Equal([10, 20], middle.Entries.Select(e => e.BaseOffset));
        Assert.Equal([40], least.Entries.Select(e => e.BaseOffset));
        Assert.Equal((0, 0), (end.ErrorCode, end.Entries.Count));
        Assert.Equal(((int)ErrorCode.OffsetOutOfRange, 50), (beyond.ErrorCode, beyond.HighWatermark));
        Assert.Equal((int)ErrorCode.UnknownTopicId, unknown.ErrorCode);
    }

    [Fact]
    public async Task Sealed_segments_are_drained_and_what_nothing_names_is_deleted()
    {
        await CreateTopicAsync("t");
        var log = (await LogsAsync("t"))[0];
        var writer = await RegisterWriterAsync();
        var segment = await OpenAsync(writer);
        await CommitAsync(writer, segment, 1, Batch(log, 4));
        var compactor = await _host.Registration.RegisterAsync(
            new RegisterRequest { Kind = NodeKind.Compactor, Name = "c", ProcessId = "p" }, Ct);
        var ask = new AcquireJobRequest { CompactorId = compactor.NodeId, CompactorEpoch = compactor.Epoch };
        var nothing = await _host.Jobs.AcquireJobAsync(ask, Ct);
        await _host.Wal.SealSegmentAsync(
            new SealSegmentRequest { WriterId = writer.NodeId, WriterEpoch = writer.Epoch, SegmentId = segment.SegmentId }, Ct);

        var drain = (await _host.Jobs.AcquireJobAsync(ask, Ct)).Job;
        var prepared = await _host.Jobs.PrepareObjectAsync(
            new PrepareObjectRequest
            {
                JobId = drain.JobId, CompactorId = compactor.NodeId, CompactorEpoch = compactor.Epoch, TtlMs = 60_000,
            },
            Ct);
        var committed = await _host.Jobs.CommitObjectAsync(
            new CommitObjectRequest
            {
                ObjectId = prepared.ObjectId, JobId = drain.JobId, Ranges = { TestCompactor.Coalesce(drain) },
            },
            Ct);
        var listed = await _host.Containers.ListContainersAsync(new ListContainersRequest(), Ct);
        await CompleteAsync(drain, compactor);
        var delete = (await _host.Jobs.AcquireJobAsync(ask, Ct)).Job;
        await CompleteAsync(delete, compactor, delete.Containers);
        var after = await _host.Jobs.AcquireJobAsync(ask, Ct);

        Assert.Null(nothing.Job);
        Assert.True(nothing.RetryAfterMs > 0);
        Assert.Equal(JobKind.Drain, drain.Kind);
        Assert.Equal([true], committed.Accepted);
        Assert.Equal([segment.Path, prepared.Key], listed.Containers.Select(c => c.Location.Path));
        Assert.Equal(16, listed.ClusterId.Length);
        Assert.Equal(JobKind.Delete, delete.Kind);
        Assert.Equal(segment.Path, Assert.Single(delete.Containers).Path);
        Assert.Null(after.Job);
        var found = await FindAsync(log, 0, 0);
        Assert.Equal(ContainerKind.Object, Assert.Single(found.Entries).Kind);
        Assert.Equal(prepared.Key, Assert.Single(found.Containers).Path);
    }

    [Fact]
    public async Task Wanted_topics_are_judged_one_by_one()
    {
        await CreateTopicAsync("taken");

        var result = await _host.Admin.CreateTopicsAsync(
            new CreateTopicsCall
            {
                Topics =
                {
                    new NewTopic { Name = "taken", Partitions = 1, ReplicationFactor = 1 },
                    new NewTopic { Name = "no/good", Partitions = 1, ReplicationFactor = 1 },
                    new NewTopic { Name = "none", Partitions = 0, ReplicationFactor = 1 },
                    new NewTopic { Name = "copies", Partitions = 1, ReplicationFactor = 4 },
                    new NewTopic { Name = "defaults", Partitions = -1, ReplicationFactor = -1 },
                    new NewTopic { Name = "twice", Partitions = 1, ReplicationFactor = 1 },
                    new NewTopic { Name = "twice", Partitions = 1, ReplicationFactor = 1 },
                    new NewTopic { Name = "config", Partitions = 1, ReplicationFactor = 1, Configs = { ["retention.ms"] = "x" } },
                },
            },
            Ct);

        Assert.Equal(
            [
                ErrorCode.TopicAlreadyExists, ErrorCode.InvalidTopicException, ErrorCode.InvalidPartitions,
                ErrorCode.InvalidReplicationFactor, ErrorCode.None, ErrorCode.None, ErrorCode.InvalidRequest,
                ErrorCode.InvalidConfig,
            ],
            result.Topics.Select(t => (ErrorCode)t.ErrorCode));
        Assert.Equal("Duplicate topic name.", result.Topics[6].ErrorMessage);
        Assert.Equal((1, 1), (result.Topics[4].Partitions, result.Topics[4].ReplicationFactor));
    }

    [Fact]
    public async Task Validating_only_changes_nothing()
    {
        await CreateTopicAsync("t");

        var created = await _host.Admin.CreateTopicsAsync(
            new CreateTopicsCall
            {
                ValidateOnly = true,
                Topics =
                {
                    new NewTopic { Name = "t", Partitions = 1, ReplicationFactor = 1 },
                    new NewTopic { Name = "u", Partitions = 2, ReplicationFactor = 1 },
                },
            },
            Ct);
        var more = await _host.Admin.CreatePartitionsAsync(
            new CreatePartitionsCall
            {
                ValidateOnly = true, Topics = { new MorePartitions { Name = "t", Partitions = 5 } },
            },
            Ct);

        Assert.Equal(
            [ErrorCode.TopicAlreadyExists, ErrorCode.None], created.Topics.Select(t => (ErrorCode)t.ErrorCode));
        Assert.Equal(0, more.Topics[0].ErrorCode);
        Assert.Single(await LogsAsync("t"));
        Assert.Empty(await LogsAsync("u"));
    }

    [Fact]
    public async Task Configs_are_changed_and_shown_in_the_image()
    {
        await CreateTopicAsync("t");
        await using var updates = _host.Image.WatchAsync(new WatchImageRequest(), Ct).GetAsyncEnumerator(Ct);
        await NextAsync(updates);

        var result = await _host.Admin.AlterConfigsAsync(
            new AlterConfigsCall
            {
                Changes =
                {
                    Change(ConfigResourceKind.Topic, "t", "retention.ms", "1000"),
                    Change(ConfigResourceKind.Broker, "", "log.retention.ms", "7"),
                    Change(ConfigResourceKind.Topic, "nowhere", "retention.ms", "1000"),
                    Change(ConfigResourceKind.Topic, "t", "retention.ms", "soon"),
                },
            },
            Ct);
        var change = await NextAsync(updates);

        Assert.Equal(
            [ErrorCode.None, ErrorCode.None, ErrorCode.UnknownTopicOrPartition, ErrorCode.InvalidConfig],
            result.Results.Select(r => (ErrorCode)r.ErrorCode));
        Assert.Equal("1000", change.Topics.Single().Configs["retention.ms"]);
        Assert.True(change.ConfigsChanged);
        Assert.Equal("7", change.BrokerConfigs["log.retention.ms"]);
    }

    [Fact]
    public async Task Offsets_are_listed_by_every_kind_of_question()
    {
        await CreateTopicAsync("t");
        var log = (await LogsAsync("t"))[0];
        var writer = await RegisterWriterAsync();
        var segment = await OpenAsync(writer);
        for (var i = 0; i < 4; i++)
        {
            var batch = Batch(log, 10, position: 1000 * i);
            batch.MaxTimestamp = i == 2 ? 900 : 100 * (i + 1);
            await CommitAsync(writer, segment, i + 1, batch);
        }

        await _host.Admin.DeleteRecordsAsync(
            new DeleteRecordsCall { Logs = { new LogTruncation { LogId = log, BeforeOffset = 5 } } }, Ct);
        var reply = await _host.Index.ListOffsetsAsync(
            new ListLogOffsetsRequest
            {
                Queries =
                {
                    Query(log, -1), Query(log, -2), Query(log, -3), Query(log, -4), Query(log, -5),
                    Query(log, 150), Query(log, 901), Query(log, 100), Query(log, 100, from: 10), Query(12_345, -1),
                },
            },
            Ct);

        Assert.Equal([40, 5, 20, 5, -1, 10, -1, 5, 10, -1], reply.Results.Select(r => r.Offset));
        Assert.Equal(20, reply.Results[2].Scan.BaseOffset);
        Assert.Equal(0, reply.Results[7].Scan.BaseOffset);
        Assert.Null(reply.Results[6].Scan);
        Assert.Equal((int)ErrorCode.UnknownTopicOrPartition, reply.Results[9].ErrorCode);
        Assert.Equal(segment.SegmentId, Assert.Single(reply.Containers).ContainerId);
    }

    [Fact]
    public async Task Producer_ids_are_given_out_once()
    {
        var first = await _host.Admin.AllocateProducerIdsAsync(new AllocateProducerIdsCall { Count = 1000 }, Ct);
        var second = await _host.Admin.AllocateProducerIdsAsync(new AllocateProducerIdsCall { Count = 10 }, Ct);

        Assert.Equal(first.FirstProducerId + 1000, second.FirstProducerId);
    }

    [Fact]
    public async Task What_no_sound_caller_sends_is_an_invalid_argument()
    {
        var writer = await RegisterWriterAsync();
        var segment = await OpenAsync(writer);
        var empty = Batch(1);
        empty.RecordCount = 0;

        await AssertInvalidAsync(() => CommitAsync(writer, segment, 0, Batch(1)));
        await AssertInvalidAsync(() => CommitAsync(writer, segment, 1, empty));
        await AssertInvalidAsync(() => _host.Registration.RegisterAsync(new RegisterRequest { Name = "x" }, Ct));
        await AssertInvalidAsync(() => _host.Admin.AllocateProducerIdsAsync(new AllocateProducerIdsCall(), Ct));
        await AssertInvalidAsync(() => _host.Wal.OpenSegmentAsync(new OpenSegmentRequest { WriterId = 1 }, Ct));
    }

    [Fact]
    public async Task A_lease_is_renewed_by_its_own_epoch_only()
    {
        var first = await RegisterWriterAsync("p1");
        var again = await RegisterWriterAsync("p1");
        var second = await RegisterWriterAsync("p2");

        var old = await _host.Registration.RenewAsync(
            new RenewRequest { Kind = NodeKind.Writer, NodeId = first.NodeId, Epoch = first.Epoch }, Ct);
        var now = await _host.Registration.RenewAsync(
            new RenewRequest { Kind = NodeKind.Writer, NodeId = second.NodeId, Epoch = second.Epoch }, Ct);

        Assert.Equal(first, again);
        Assert.Equal(first.NodeId, second.NodeId);
        Assert.True(old.Fenced);
        Assert.False(now.Fenced);
    }

    [Fact]
    public async Task Everything_acknowledged_is_there_after_a_restart()
    {
        await CreateTopicAsync("t");
        var log = (await LogsAsync("t"))[0];
        var writer = await RegisterWriterAsync();
        var segment = await OpenAsync(writer);
        var first = await CommitAsync(writer, segment, 1, Batch(log, 4));

        await _host.DisposeAsync();
        _host = await MetadataHost.StartAsync(_folder, overRpc);

        Assert.Equal(first, await CommitAsync(writer, segment, 1, Batch(log, 4)));
        Assert.Equal(4, (await CommitAsync(writer, segment, 2, Batch(log, 1))).Results[0].BaseOffset);
        Assert.Equal([log], await LogsAsync("t"));
    }

    private static ConfigChange Change(ConfigResourceKind kind, string name, string key, string value) => new()
    {
        Kind = kind,
        Name = name,
        Operations = { new ConfigOperation { Key = key, Kind = ConfigOperation.Types.Kind.Set, Value = value } },
    };

    private static LogOffsetQuery Query(long log, long timestamp, long from = 0) =>
        new() { LogId = log, Timestamp = timestamp, FromOffset = from };

    private static BatchCommit Batch(long log, int records = 1, int position = 0) => new()
    {
        LogId = log,
        Position = position,
        Length = 100,
        RecordCount = records,
        ProducerId = -1,
        ProducerEpoch = -1,
        BaseSequence = -1,
    };

    private static async Task<T> NextAsync<T>(IAsyncEnumerator<T> updates)
    {
        Assert.True(await updates.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(1), Ct));
        return updates.Current;
    }

    private static async Task AssertInvalidAsync<T>(Func<Task<T>> call) =>
        Assert.Equal(RpcStatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(call)).Code);

    private Task<CreateTopicsResult> CreateTopicAsync(string name, int partitions = 1) => _host.Admin.CreateTopicsAsync(
        new CreateTopicsCall { Topics = { new NewTopic { Name = name, Partitions = partitions, ReplicationFactor = 1 } } }, Ct);

    private async Task<long[]> LogsAsync(string topic)
    {
        await using var updates = _host.Image.WatchAsync(new WatchImageRequest(), Ct).GetAsyncEnumerator(Ct);
        return [.. (await NextAsync(updates)).Topics.Where(t => t.Name == topic).SelectMany(t => t.LogIds)];
    }

    private Task<RegisterReply> RegisterWriterAsync(string process = "p1") => _host.Registration.RegisterAsync(
        new RegisterRequest { Kind = NodeKind.Writer, Name = "w", ProcessId = process, Volumes = { "v" } }, Ct);

    private Task<OpenSegmentReply> OpenAsync(RegisterReply writer) => _host.Wal.OpenSegmentAsync(
        new OpenSegmentRequest { WriterId = writer.NodeId, WriterEpoch = writer.Epoch, Volume = "v", RequestToken = "t" }, Ct);

    private Task<CommitBlockReply> CommitAsync(
        RegisterReply writer, OpenSegmentReply segment, long seq, params BatchCommit[] batches) => _host.Wal.CommitBlockAsync(
        new CommitBlockRequest
        {
            WriterId = writer.NodeId,
            WriterEpoch = writer.Epoch,
            SegmentId = segment.SegmentId,
            BlockSeq = seq,
            Batches = { batches },
        },
        Ct);

    private Task<FindEntriesReply> FindAsync(long log, long offset, long bytesMax) => _host.Index.FindEntriesAsync(
        new FindEntriesRequest { LogId = log, Offset = offset, BytesMax = bytesMax, Barrier = true }, Ct);

    private Task<CompleteJobReply> CompleteAsync(
        Job job, RegisterReply compactor, IEnumerable<ContainerLocation>? deleted = null) => _host.Jobs.CompleteJobAsync(
        new CompleteJobRequest
        {
            JobId = job.JobId, CompactorId = compactor.NodeId, CompactorEpoch = compactor.Epoch, Deleted = { deleted ?? [] },
        },
        Ct);
}
