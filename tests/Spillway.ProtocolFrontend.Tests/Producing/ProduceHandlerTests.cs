using Spillway.Kafka;
using Spillway.Kafka.Buffers;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Records;
using Spillway.ProtocolFrontend.Fetching;
using Spillway.Rpc.Append;
using Spillway.Testing;
using Xunit;

namespace Spillway.ProtocolFrontend.Tests.Producing;

public sealed class ProduceHandlerTests
{
    [Fact]
    public async Task An_append_is_answered_with_its_offset_and_kept_for_readers()
    {
        await using var produce = new ProduceTestContext();
        await produce.SendAsync(1, ProduceTestContext.Request(Batch(3)));
        await produce.UntilSubmittedAsync(1);

        produce.Writers.Complete(0, Stored(40));

        var answer = await produce.ReceiveAsync();
        Assert.Equal(((short)0, 40L), (answer!.ErrorCode, answer.BaseOffset));
        Assert.Equal(43, ReadCache(produce, 40, 43));
    }

    [Fact]
    public async Task Nothing_is_answered_or_kept_before_the_writer_says_that_it_is_committed()
    {
        await using var produce = new ProduceTestContext();
        await produce.SendAsync(1, ProduceTestContext.Request(Batch(1)));
        await produce.UntilSubmittedAsync(1);

        var answer = produce.ReceiveAsync();
        await Task.Delay(20, TestContext.Current.CancellationToken);

        Assert.False(answer.IsCompleted);
        Assert.Equal(0, produce.Cache.ChargedBytes);
        produce.Writers.Complete(0, Stored(0));
        Assert.NotNull(await answer);
    }

    [Fact]
    public async Task Produces_of_a_connection_are_submitted_ahead_of_results_and_in_their_order()
    {
        await using var produce = new ProduceTestContext();
        await produce.SendAsync(1, ProduceTestContext.Request(Batch(1), partition: 0));
        await produce.SendAsync(2, ProduceTestContext.Request(Batch(1), partition: 1));
        await produce.SendAsync(3, ProduceTestContext.Request(Batch(1), partition: 0));

        await produce.UntilSubmittedAsync(3);

        Assert.Equal([[10], [11], [10]], produce.Writers.Submitted);
        for (var i = 2; i >= 0; i--)
        {
            produce.Writers.Complete(i, Stored(i));
        }

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(i, (await produce.ReceiveAsync())!.BaseOffset);
        }
    }

    /// <summary>Kafka says so of the whole request.</summary>
    [Fact]
    public async Task A_transactional_batch_without_a_transactional_id_is_nobodys()
    {
        await using var produce = new ProduceTestContext();
        var batch = TransactionalBatch();
        await produce.SendAsync(1, ProduceTestContext.Request("t", [(0, Batch(1)), (1, batch)]));

        var answers = await produce.ReceiveAllAsync();

        Assert.All(answers!, a => Assert.Equal((short)ErrorCode.TransactionalIdAuthorizationFailed, a.ErrorCode));
        Assert.Equal(2, answers!.Count);
        Assert.Empty(produce.Writers.Submitted);
    }

    /// <summary>KIP-890: from v12 on the append adds its partition to the transaction.</summary>
    [Theory]
    [InlineData(3, 1)]
    [InlineData(11, 1)]
    [InlineData(12, 2)]
    public async Task A_writer_is_told_whose_transaction_it_is_and_by_which_rules(short version, int transactionVersion)
    {
        await using var produce = new ProduceTestContext();
        var request = ProduceTestContext.Request(TransactionalBatch());
        request.TransactionalId = "x";
        (string?, int) told = default;
        produce.Writers.Appending = append => told = (append.TransactionalId, append.TransactionVersion);
        await produce.SendAsync(1, request, version);
        await produce.UntilSubmittedAsync(1);

        produce.Writers.Complete(0, Stored(0));

        Assert.Equal(("x", transactionVersion), told);
        Assert.NotNull(await produce.ReceiveAsync(version));
    }

    [Fact]
    public async Task A_produce_that_has_to_ask_for_its_topic_is_not_overtaken_by_the_next()
    {
        await using var produce = new ProduceTestContext();
        await produce.SendAsync(1, ProduceTestContext.Request(Batch(1), topic: "unknown"));
        await produce.SendAsync(2, ProduceTestContext.Request(Batch(1), partition: 1));

        await produce.UntilSubmittedAsync(1);
        produce.Writers.Complete(0, Stored(5));

        Assert.Equal((short)ErrorCode.UnknownTopicOrPartition, (await produce.ReceiveAsync())!.ErrorCode);
        Assert.Equal(5, (await produce.ReceiveAsync())!.BaseOffset);
    }

    [Fact]
    public async Task A_duplicate_is_answered_with_the_first_offset_and_its_bytes_are_not_kept()
    {
        await using var produce = new ProduceTestContext();
        await produce.SendAsync(1, ProduceTestContext.Request(Batch(1)));
        await produce.UntilSubmittedAsync(1);

        produce.Writers.Complete(0, AppendResult.Of([new BatchAppendResult(ErrorCode.None, 17, 0, null, IsDuplicate: true)]));

        Assert.Equal(17, (await produce.ReceiveAsync())!.BaseOffset);
        Assert.Equal(0, produce.Cache.ChargedBytes);
    }

    [Theory]
    [InlineData(ErrorCode.KafkaStorageError)]
    [InlineData(ErrorCode.RequestTimedOut)]
    [InlineData(ErrorCode.NotLeaderOrFollower)]
    public async Task A_failure_of_the_writer_is_answered_retriably_and_keeps_nothing(ErrorCode error)
    {
        await using var produce = new ProduceTestContext();
        await produce.SendAsync(1, ProduceTestContext.Request(Batch(1)));
        await produce.UntilSubmittedAsync(1);

        produce.Writers.Complete(0, AppendResult.Failed(error));

        var answer = await produce.ReceiveAsync();
        Assert.Equal(((short)error, -1L), (answer!.ErrorCode, answer.BaseOffset));
        Assert.True(ErrorCodes.IsRetriable((ErrorCode)answer.ErrorCode));
        Assert.Equal(0, produce.Cache.ChargedBytes);
    }

    [Fact]
    public async Task A_draining_frontend_sends_the_client_elsewhere()
    {
        await using var produce = new ProduceTestContext();
        await produce.Connections.DrainAsync(TestContext.Current.CancellationToken);

        await produce.SendAsync(1, ProduceTestContext.Request(Batch(1)));

        Assert.Equal((short)ErrorCode.NotLeaderOrFollower, (await produce.ReceiveAsync())!.ErrorCode);
        Assert.Empty(produce.Writers.Submitted);
    }

    [Fact]
    public async Task A_bad_checksum_never_reaches_the_writer()
    {
        var batch = Batch(1);
        batch[^1] ^= 1;

        Assert.Equal((short)ErrorCode.CorruptMessage, await RefusedAsync(batch));
    }

    [Fact]
    public async Task An_old_record_format_never_reaches_the_writer()
    {
        var batch = Batch(1);
        batch[RecordBatchLayout.MagicPosition] = 1;

        Assert.Equal((short)ErrorCode.InvalidRecord, await RefusedAsync(batch));
    }

    [Fact]
    public async Task A_batch_over_the_limit_never_reaches_the_writer() =>
        Assert.Equal((short)ErrorCode.MessageTooLarge, await RefusedAsync(Batch(1, valueBytes: 2_000_000)));

    [Fact]
    public async Task Acknowledgements_that_do_not_exist_are_refused()
    {
        await using var produce = new ProduceTestContext();

        await produce.SendAsync(1, ProduceTestContext.Request(Batch(1), acks: 2));

        Assert.Equal((short)ErrorCode.InvalidRequiredAcks, (await produce.ReceiveAsync())!.ErrorCode);
    }

    [Fact]
    public async Task Without_acknowledgements_nothing_is_answered_and_an_error_closes_the_connection()
    {
        await using var produce = new ProduceTestContext();
        await produce.SendAsync(1, ProduceTestContext.Request(Batch(1), acks: 0));
        await produce.UntilSubmittedAsync(1);
        produce.Writers.Complete(0, Stored(0));

        await produce.SendAsync(2, ProduceTestContext.Request(Batch(1), acks: 0, topic: "unknown"));

        Assert.Null(await produce.ReceiveAsync());
    }

    [Fact]
    public async Task A_writer_that_does_not_answer_is_waited_for_no_longer_than_the_client_may_be_kept_waiting()
    {
        var time = new ManualTimeProvider(DateTimeOffset.UtcNow);
        await using var produce = new ProduceTestContext(time);
        await produce.SendAsync(1, ProduceTestContext.Request(Batch(1)));
        await produce.UntilSubmittedAsync(1);

        time.Advance(TimeSpan.FromSeconds(19));
        produce.CheckTimeouts();
        var answer = produce.ReceiveAsync();
        Assert.False(answer.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(2));
        produce.CheckTimeouts();

        Assert.Equal((short)ErrorCode.RequestTimedOut, (await answer)!.ErrorCode);
    }

    [Fact]
    public async Task An_answer_that_comes_too_late_is_nobodys()
    {
        var time = new ManualTimeProvider(DateTimeOffset.UtcNow);
        await using var produce = new ProduceTestContext(time);
        await produce.SendAsync(1, ProduceTestContext.Request(Batch(1)));
        await produce.UntilSubmittedAsync(1);
        time.Advance(TimeSpan.FromSeconds(21));
        produce.CheckTimeouts();
        Assert.Equal((short)ErrorCode.RequestTimedOut, (await produce.ReceiveAsync())!.ErrorCode);

        await produce.ReconnectAsync();
        await produce.SendAsync(2, ProduceTestContext.Request(Batch(1)));
        await produce.UntilSubmittedAsync(2);
        produce.Writers.Complete(0, Stored(100));
        Assert.Equal(0, produce.Cache.ChargedBytes);
        produce.Writers.Complete(1, Stored(200));

        Assert.Equal(200, (await produce.ReceiveAsync())!.BaseOffset);
    }

    [Fact]
    public async Task Nothing_of_a_produce_is_left_in_those_after_it()
    {
        await using var produce = new ProduceTestContext();
        var random = new Random(5);
        var submitted = 0;
        for (var round = 1; round <= 100; round++)
        {
            // Partitions 0 and 1 are there, 2 is not; what one round does not take, the next one may.
            int[] asked = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => random.Next(3))];
            await produce.SendAsync(round, ProduceTestContext.Request(Batch(1), asked));

            // Of a partition that is named again the last one counts.
            int[] partitions = [.. asked.Reverse().Distinct().Reverse()];
            var accepted = partitions.Count(static partition => partition < 2);
            var first = round * 10L;
            if (accepted == partitions.Length)
            {
                await produce.UntilSubmittedAsync(++submitted);
                produce.Writers.Complete(
                    submitted - 1,
                    AppendResult.Of([.. Enumerable.Range(0, accepted).Select(i => new BatchAppendResult(ErrorCode.None, first + i, 1, null))]));
            }
            else if (accepted > 0)
            {
                await produce.UntilSubmittedAsync(++submitted);
                produce.Writers.Complete(submitted - 1, AppendResult.Failed(ErrorCode.InvalidRecord));
            }

            var responses = (await produce.ReceiveAllAsync())!;
            Assert.Equal(partitions, responses.Select(static response => response.Index));
            var expected = accepted == partitions.Length
                ? partitions.Select((_, i) => ((short)ErrorCode.None, first + i, 1L))
                : partitions.Select(static partition => (
                    (short)(partition < 2 ? ErrorCode.InvalidRecord : ErrorCode.UnknownTopicOrPartition), -1L, -1L));
            Assert.Equal(expected, responses.Select(static r => (r.ErrorCode, r.BaseOffset, r.LogStartOffset)));
        }
    }

    [Fact]
    public async Task All_buffers_go_back_when_the_connection_ends()
    {
        BufferPool pool;
        await using (var produce = new ProduceTestContext())
        {
            pool = produce.Pool;
            await produce.SendAsync(1, ProduceTestContext.Request(Batch(10)));
            await produce.UntilSubmittedAsync(1);
            produce.Writers.Complete(0, Stored(0));
            Assert.NotNull(await produce.ReceiveAsync());
        }

        Assert.Equal(0, pool.RentedBytes);
    }

    private static async Task<short> RefusedAsync(byte[] batch)
    {
        await using var produce = new ProduceTestContext();
        await produce.SendAsync(1, ProduceTestContext.Request(batch));
        var answer = await produce.ReceiveAsync();
        Assert.Empty(produce.Writers.Submitted);
        Assert.Equal(-1, answer!.BaseOffset);
        return answer.ErrorCode;
    }

    private static long ReadCache(ProduceTestContext produce, long offset, long endOffset)
    {
        using var lease = new ReadLease();
        return produce.Cache.Read(
            new LogId(10), offset, endOffset, new PartitionReadState(new ReadBudget(1 << 20), lease, 1 << 20));
    }

    private static AppendResult Stored(long baseOffset) => AppendResult.Of([new BatchAppendResult(ErrorCode.None, baseOffset, 0, null)]);

    private static byte[] TransactionalBatch()
    {
        var builder = new RecordBatchBuilder { ProducerId = 5, ProducerEpoch = 0, BaseSequence = 0, IsTransactional = true };
        builder.Append(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), null, new byte[10]);
        return builder.Build();
    }

    private static byte[] Batch(int recordCount, int valueBytes = 10)
    {
        var builder = new RecordBatchBuilder();
        for (var i = 0; i < recordCount; i++)
        {
            builder.Append(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), null, new byte[valueBytes]);
        }

        return builder.Build();
    }
}
