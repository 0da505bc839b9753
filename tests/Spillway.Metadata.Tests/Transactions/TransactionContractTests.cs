using Google.Protobuf;
using Spillway.Kafka.Errors;
using Spillway.Metadata.Tests.Contract;
using Spillway.Rpc.Metadata;
using Spillway.Testing.Committing;

namespace Spillway.Metadata.Tests.Transactions;

/// <summary>What frontends rely on, on the real service with its log, in its process and not.</summary>
public abstract class TransactionContractTests(bool overRpc) : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("spillway-transactions-").FullName;
    private MetadataHost _host = null!;
    private ByteString _topic = ByteString.Empty;
    private RegisterReply _writer = null!;
    private OpenSegmentReply _segment = null!;
    private long _log;
    private long _blockSeq;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _host = await MetadataHost.StartAsync(
            _folder, overRpc, ("Spillway:Broker:transaction.abort.timed.out.transaction.cleanup.interval.ms", "1"));
        var created = await _host.Admin.CreateTopicsAsync(
            new CreateTopicsCall { Topics = { new NewTopic { Name = "t", Partitions = 1, ReplicationFactor = 1 } } }, Ct);
        _topic = created.Topics[0].TopicId;
        await foreach (var update in _host.Image.WatchAsync(new WatchImageRequest(), Ct))
        {
            _log = update.Topics.Single().LogIds.Single();
            break;
        }

        _writer = await _host.Registration.RegisterAsync(
            new RegisterRequest { Kind = NodeKind.Writer, Name = "w", ProcessId = "p", Volumes = { "v" } }, Ct);
        _segment = await _host.Wal.OpenSegmentAsync(
            new OpenSegmentRequest { WriterId = _writer.NodeId, WriterEpoch = _writer.Epoch, Volume = "v", RequestToken = "t" }, Ct);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_transaction_from_its_begin_to_its_end()
    {
        var producer = await InitAsync();
        var added = await _host.Transactions.AddPartitionsAsync(
            new AddPartitionsCall { TransactionalId = "x", ProducerId = producer.ProducerId, LogIds = { _log } }, Ct);
        Assert.Equal([0], added.ErrorCodes);
        Assert.Equal(0, (await ProduceAsync(producer, 0, version: 1)).ErrorCode);
        Assert.Equal((1, 0, -1), await TailAsync());
        Assert.Equal("Ongoing", (await DescribeAsync("x")).State);
        Assert.Equal([0], (await DescribeAsync("x")).Topics.Single().Partitions);

        var ended = await EndAsync(producer, commit: false, version: 1);

        Assert.Equal((0, producer.ProducerId, 0), (ended.ErrorCode, ended.ProducerId, ended.ProducerEpoch));
        Assert.Equal((2, 2, 1), await TailAsync());
        var found = await _host.Index.FindEntriesAsync(new FindEntriesRequest { LogId = _log, BytesMax = 1 << 20 }, Ct);
        Assert.Equal([ContainerKind.WalSegment, ContainerKind.Marker], found.Entries.Select(e => e.Kind));
        Assert.Equal([ContainerKind.WalSegment], found.Containers.Select(c => c.Kind));
        Assert.Equal((2, 1), (found.LastStableOffset, found.LastAbortedOffset));
        var aborted = await _host.Index.FindAbortedAsync(new FindAbortedRequest { LogId = _log, ToOffset = 2 }, Ct);
        Assert.Equal((producer.ProducerId, 0, 1), aborted.Aborted.Select(a => (a.ProducerId, a.FirstOffset, a.LastOffset)).Single());
        Assert.Equal("CompleteAbort", (await DescribeAsync("x")).State);
    }

    [Fact]
    public async Task Latest_is_the_stable_offset_for_who_reads_committed_records()
    {
        var producer = await InitAsync();
        await ProduceAsync(producer, 0, version: 2);

        var offsets = await _host.Index.ListOffsetsAsync(
            new ListLogOffsetsRequest
            {
                Queries =
                {
                    new LogOffsetQuery { LogId = _log, Timestamp = -1, IsolationLevel = 0 },
                    new LogOffsetQuery { LogId = _log, Timestamp = -1, IsolationLevel = 1 },
                },
            },
            Ct);

        Assert.Equal([1, 0], offsets.Results.Select(r => r.Offset));
    }

    /// <summary>A marker counts as a record for who looks for a time, as in Kafka, and there are no bytes to read for it.</summary>
    [Fact]
    public async Task A_time_may_be_a_markers()
    {
        var producer = await InitAsync();
        await ProduceAsync(producer, 0, version: 2);
        await EndAsync(producer, commit: true, version: 2);

        var found = await _host.Index.ListOffsetsAsync(
            new ListLogOffsetsRequest { Queries = { new LogOffsetQuery { LogId = _log, Timestamp = 1_000_000 } } }, Ct);

        Assert.Equal(1, found.Results[0].Offset);
        Assert.Null(found.Results[0].Scan);
        Assert.True(found.Results[0].Timestamp > 1_000_000);
    }

    [Fact]
    public async Task An_offset_in_an_open_transaction_is_not_stable()
    {
        var producer = await InitAsync();
        Assert.Equal(0, await CommitOffsetAsync(producer, version: 2));

        Assert.Equal([(ErrorCode.None, -1L)], await FetchAsync(requireStable: false));
        Assert.Equal([(ErrorCode.UnstableOffsetCommit, -1L)], await FetchAsync(requireStable: true));
        await EndAsync(producer, commit: true, version: 2);
        Assert.Equal([(ErrorCode.None, 42L)], await FetchAsync(requireStable: true));
    }

    [Fact]
    public async Task Members_are_checked_where_the_producer_names_them()
    {
        var producer = await InitAsync();
        var joined = await _host.Groups.JoinGroupAsync(
            new JoinGroupCall
            {
                GroupId = "g",
                SessionTimeoutMs = 30_000,
                RebalanceTimeoutMs = 30_000,
                ProtocolType = "consumer",
                Protocols = { new GroupProtocol { Name = "range", Metadata = ByteString.Empty } },
            },
            Ct);

        // Kafka refuses a plain commit before the group has synced, not one that is part of a transaction.
        Assert.Equal(0, await CommitOffsetAsync(producer, 2, joined.GenerationId, joined.MemberId));
        Assert.Equal(0, await CommitOffsetAsync(producer, 2));
        Assert.Equal((int)ErrorCode.IllegalGeneration, await CommitOffsetAsync(producer, 2, joined.GenerationId + 1, joined.MemberId));
        Assert.Equal((int)ErrorCode.UnknownMemberId, await CommitOffsetAsync(producer, 2, joined.GenerationId, "nobody"));
    }

    [Fact]
    public async Task A_transaction_past_its_timeout_is_aborted_by_the_leader()
    {
        var producer = await InitAsync(timeoutMs: 1);
        await ProduceAsync(producer, 0, version: 2);

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        deadline.CancelAfter(TimeSpan.FromSeconds(30));
        while ((await DescribeAsync("x")).State != "CompleteAbort")
        {
            deadline.Token.ThrowIfCancellationRequested();
        }

        Assert.Equal((2, 2, 1), await TailAsync());
        Assert.Equal((int)ErrorCode.ProducerFenced, (await EndAsync(producer, commit: true, version: 2)).ErrorCode);
    }

    [Fact]
    public async Task What_is_asked_wrongly_changes_nothing()
    {
        Assert.Equal((int)ErrorCode.InvalidTransactionTimeout, (await InitAsync(timeoutMs: 900_001)).ErrorCode);
        Assert.Equal((int)ErrorCode.InvalidTransactionTimeout, (await InitAsync(timeoutMs: 0)).ErrorCode);
        Assert.Equal((int)ErrorCode.InvalidRequest, (await InitAsync(id: "")).ErrorCode);
        Assert.Equal((int)ErrorCode.InvalidRequest, (await InitAsync(producerId: 5)).ErrorCode);
        Assert.Equal((int)ErrorCode.TransactionalIdNotFound, (await DescribeAsync("x")).ErrorCode);
        Assert.Equal((int)ErrorCode.InvalidRequest, (await DescribeAsync("")).ErrorCode);
    }

    [Fact]
    public async Task Transactions_are_listed_by_what_they_are_like()
    {
        var one = await InitAsync(id: "one");
        var two = await InitAsync(id: "two");
        await CommitOffsetAsync(two, version: 2, id: "two");

        Assert.Equal(["one", "two"], await ListAsync(new ListTransactionsCall { DurationMs = -1 }));
        Assert.Equal(["two"], await ListAsync(new ListTransactionsCall { DurationMs = -1, States = { "Ongoing" } }));
        Assert.Equal(["one"], await ListAsync(new ListTransactionsCall { DurationMs = -1, ProducerIds = { one.ProducerId } }));
        Assert.Equal(["two"], await ListAsync(new ListTransactionsCall { DurationMs = -1, IdPattern = "t.*" }));
        Assert.Equal(["one"], await ListAsync(new ListTransactionsCall { DurationMs = 1_000_000 }));
        var wrong = await _host.Transactions.ListTransactionsAsync(new ListTransactionsCall { IdPattern = "(", DurationMs = -1 }, Ct);
        Assert.Equal((int)ErrorCode.InvalidRegularExpression, wrong.ErrorCode);
        var unknown = await _host.Transactions.ListTransactionsAsync(
            new ListTransactionsCall { States = { "Nope", "PrepareCommit" }, DurationMs = -1 }, Ct);
        Assert.Equal(["Nope"], unknown.UnknownStates);
    }

    [Fact]
    public async Task A_partition_tells_its_producers_and_ends_one_when_forced()
    {
        var producer = await InitAsync();
        await ProduceAsync(producer, 0, version: 2);

        var described = await _host.Transactions.DescribeProducersAsync(
            new DescribeProducersCall { LogIds = { _log, 4711 } }, Ct);
        var one = described.Logs[0].Producers.Single();
        Assert.Equal((producer.ProducerId, 0, 0, 0), (one.ProducerId, one.ProducerEpoch, one.LastSequence, one.TransactionFirstOffset));
        Assert.Equal((int)ErrorCode.UnknownTopicOrPartition, described.Logs[1].ErrorCode);

        var forced = await _host.Transactions.AbortProducerAsync(
            new AbortProducerCall { ProducerId = producer.ProducerId, LogIds = { _log } }, Ct);
        Assert.True(forced.Aborted);
        Assert.Equal((2, 2, 1), await TailAsync());
    }

    private Task<InitProducerResult> InitAsync(string id = "x", int timeoutMs = 60_000, long producerId = -1) =>
        _host.Transactions.InitProducerAsync(
            new InitProducerCall
            {
                TransactionalId = id, TransactionTimeoutMs = timeoutMs, ProducerId = producerId, ProducerEpoch = -1,
            },
            Ct);

    private Task<EndTransactionResult> EndAsync(InitProducerResult producer, bool commit, int version) =>
        _host.Transactions.EndTransactionAsync(
            new EndTransactionCall
            {
                TransactionalId = "x",
                ProducerId = producer.ProducerId,
                ProducerEpoch = producer.ProducerEpoch,
                Commit = commit,
                TransactionVersion = version,
            },
            Ct);

    private async Task<BatchCommitResult> ProduceAsync(InitProducerResult producer, int sequence, int version)
    {
        var reply = await _host.Wal.CommitBlockAsync(
            new CommitBlockRequest
            {
                WriterId = _writer.NodeId,
                WriterEpoch = _writer.Epoch,
                SegmentId = _segment.SegmentId,
                BlockSeq = ++_blockSeq,
                Batches =
                {
                    new BatchCommit
                    {
                        LogId = _log,
                        Position = (int)_blockSeq * 100,
                        Length = 50,
                        RecordCount = 1,
                        ProducerId = producer.ProducerId,
                        ProducerEpoch = producer.ProducerEpoch,
                        BaseSequence = sequence,
                        Transactional = true,
                        TransactionalId = "x",
                        TransactionVersion = version,
                    },
                },
            },
            Ct);
        return reply.Results.Single();
    }

    private async Task<int> CommitOffsetAsync(
        InitProducerResult producer, int version, int generation = -1, string member = "", string id = "x")
    {
        var result = await _host.Transactions.CommitTransactionOffsetsAsync(
            new CommitTransactionOffsetsCall
            {
                TransactionalId = id,
                ProducerId = producer.ProducerId,
                ProducerEpoch = producer.ProducerEpoch,
                TransactionVersion = version,
                GroupId = "g",
                GenerationId = generation,
                MemberId = member,
                Offsets = { new OffsetToCommit { TopicId = _topic, Partition = 0, Offset = 42, LeaderEpoch = -1, Metadata = "" } },
            },
            Ct);
        return result.ErrorCodes.Single();
    }

    private async Task<IEnumerable<(ErrorCode Error, long Offset)>> FetchAsync(bool requireStable)
    {
        var call = new FetchOffsetsCall
        {
            GroupId = "g", RequireStable = requireStable, Offsets = { new OffsetToFetch { TopicId = _topic, Partition = 0 } },
        };
        return (await _host.Groups.FetchOffsetsAsync(call, Ct)).Offsets.Select(o => ((ErrorCode)o.ErrorCode, o.Offset));
    }

    private async Task<DescribedTransaction> DescribeAsync(string id) =>
        (await _host.Transactions.DescribeTransactionsAsync(new DescribeTransactionsCall { TransactionalIds = { id } }, Ct))
            .Transactions.Single();

    private async Task<IEnumerable<string>> ListAsync(ListTransactionsCall call) =>
        (await _host.Transactions.ListTransactionsAsync(call, Ct)).Transactions.Select(t => t.TransactionalId);

    /// <summary>High watermark, last stable offset and last aborted offset as a subscriber is told them.</summary>
    private async Task<(long High, long Stable, long Aborted)> TailAsync()
    {
        await foreach (var update in _host.Index.WatchTailAsync(Subscribe(), Ct))
        {
            var tail = update.Partitions.Single();
            return (tail.HighWatermark, tail.LastStableOffset, tail.LastAbortedOffset);
        }

        throw new InvalidOperationException("The stream ended.");
    }

    private async IAsyncEnumerable<TailSubscription> Subscribe()
    {
        yield return new TailSubscription { Subscribe = { _log } };
        await Task.CompletedTask;
    }
}
