using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Records;
using Spillway.ProtocolFrontend.Connections;
using Spillway.ProtocolFrontend.Tests.Connections;
using Spillway.Rpc;
using Spillway.Rpc.Append;
using Spillway.Testing;
using Xunit;

namespace Spillway.ProtocolFrontend.Tests.Producing;

/// <summary>
/// What a connection has pipelined behind a produce that fails and is retried: nothing of it may be stored before the retry, though the
/// client sent it before it knew.
/// </summary>
public sealed class ProduceOrderTests
{
    private static readonly byte[] Batch = MakeBatch();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(ErrorCode.KafkaStorageError)]
    [InlineData(ErrorCode.NotLeaderOrFollower)]
    [InlineData(ErrorCode.RequestTimedOut)]
    public async Task What_is_behind_a_failed_produce_is_answered_alike_and_the_connection_closes(ErrorCode error)
    {
        await using var produce = new ProduceTestContext();
        await SendAsync(produce, 3);

        produce.Writers.Complete(0, AppendResult.Failed(error));

        await AssertAnswersAsync(produce, error, error, error);
        Assert.Null(await produce.ReceiveAsync());
    }

    [Fact]
    public async Task What_was_sent_before_the_failed_one_gets_its_own_answer()
    {
        await using var produce = new ProduceTestContext();
        await SendAsync(produce, 3);

        produce.Writers.Complete(1, AppendResult.Failed(ErrorCode.KafkaStorageError));
        produce.CheckTimeouts();
        var answer = produce.ReceiveAsync();
        Assert.False(answer.IsCompleted);
        produce.Writers.Complete(0, Stored(7));

        Assert.Equal(7, (await answer)!.BaseOffset);
        await AssertAnswersAsync(produce, ErrorCode.KafkaStorageError, ErrorCode.KafkaStorageError);
        Assert.Null(await produce.ReceiveAsync());
    }

    [Fact]
    public async Task A_success_that_is_known_is_told_and_one_that_comes_later_is_nobodys()
    {
        await using var produce = new ProduceTestContext();
        await SendAsync(produce, 3);

        produce.Writers.Complete(1, Stored(8));
        produce.Writers.Complete(0, AppendResult.Failed(ErrorCode.KafkaStorageError));

        await AssertAnswersAsync(produce, ErrorCode.KafkaStorageError, ErrorCode.None, ErrorCode.KafkaStorageError);
        Assert.Null(await produce.ReceiveAsync());
        var cached = produce.Cache.ChargedBytes;
        produce.Writers.Complete(2, Stored(9));
        Assert.Equal(cached, produce.Cache.ChargedBytes);
    }

    [Fact]
    public async Task Nothing_is_sent_once_a_failure_is_known_though_it_is_not_answered_yet()
    {
        await using var produce = new ProduceTestContext();
        await SendAsync(produce, 2);

        produce.Writers.Complete(1, AppendResult.Failed(ErrorCode.KafkaStorageError));
        for (var id = 3; id <= 5; id++)
        {
            await produce.SendAsync(id, Request());
        }

        produce.Writers.Complete(0, Stored(0));
        await AssertAnswersAsync(produce, ErrorCode.None, ErrorCode.KafkaStorageError);
        while (await produce.ReceiveAsync() is { } behind)
        {
            Assert.Equal((short)ErrorCode.KafkaStorageError, behind.ErrorCode);
        }

        Assert.Equal(2, produce.Writers.Submitted.Count);
    }

    [Fact]
    public async Task While_a_broken_stream_owes_answers_nothing_goes_another_way()
    {
        await using var produce = new ProduceTestContext();
        await SendAsync(produce, 1);

        // Who is at the stream sees that it is broken before those who wait for it are told.
        produce.Writers.BreakStream();
        await produce.SendAsync(2, Request());
        await produce.UntilReadAsync();
        Assert.Single(produce.Writers.Submitted);
        produce.Writers.Complete(0, AppendResult.Failed(ErrorCode.KafkaStorageError));

        // At once: what waits to be sent does not wait for a writer any more.
        await AssertAnswersAsync(produce, ErrorCode.KafkaStorageError, ErrorCode.KafkaStorageError).WaitAsync(TimeSpan.FromMinutes(1), Token);
        Assert.Null(await produce.ReceiveAsync());
        Assert.Single(produce.Writers.Submitted);
    }

    [Fact]
    public async Task A_produce_that_is_just_being_sent_keeps_its_bytes_until_the_writer_has_them()
    {
        await using var produce = new ProduceTestContext();
        await SendAsync(produce, 1);
        var hadBytes = false;
        produce.Writers.Appending = request =>
        {
            // Answered on this very thread, and what is behind it with it: but not the one that is on its way.
            produce.Writers.Complete(0, AppendResult.Failed(ErrorCode.KafkaStorageError));
            request.Owner.AddRef();
            hadBytes = true;
            request.Owner.Release();
        };

        await produce.SendAsync(2, Request());

        await AssertAnswersAsync(produce, ErrorCode.KafkaStorageError, ErrorCode.KafkaStorageError);
        Assert.Null(await produce.ReceiveAsync());
        Assert.True(hadBytes);
    }

    [Fact]
    public async Task A_stream_that_breaks_behind_its_last_answer_is_left_without_an_error()
    {
        await using var produce = new ProduceTestContext();
        await SendAsync(produce, 1);

        produce.Writers.BreakStream();
        await produce.SendAsync(2, Request());
        await produce.UntilReadAsync();
        produce.Writers.Complete(0, Stored(0));
        await produce.UntilSubmittedAsync(2);
        produce.Writers.Complete(1, Stored(1));

        await AssertAnswersAsync(produce, ErrorCode.None, ErrorCode.None);
        Assert.Equal([0, 1], produce.Writers.StreamNumbers);
    }

    [Theory]
    [InlineData(ErrorCode.InvalidRecord)]
    [InlineData(ErrorCode.MessageTooLarge)]
    [InlineData(ErrorCode.UnknownTopicOrPartition)]
    [InlineData(ErrorCode.OutOfOrderSequenceNumber)]
    [InlineData(ErrorCode.InvalidProducerEpoch)]
    public async Task What_a_batch_is_to_blame_for_concerns_that_batch_alone(ErrorCode error)
    {
        await using var produce = new ProduceTestContext();
        await SendAsync(produce, 2);

        produce.Writers.Complete(0, AppendResult.Of([new BatchAppendResult(error, -1, -1, null)]));
        produce.Writers.Complete(1, Stored(5));
        await AssertAnswersAsync(produce, error, ErrorCode.None);
        await produce.SendAsync(3, Request());
        await produce.UntilSubmittedAsync(3);
        produce.Writers.Complete(2, Stored(6));

        await AssertAnswersAsync(produce, ErrorCode.None);
    }

    [Fact]
    public async Task A_produce_whose_topic_could_not_be_asked_for_is_not_overtaken()
    {
        await using var produce = new ProduceTestContext();
        var asked = produce.Images.Held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await produce.SendAsync(1, ProduceTestContext.Request(Batch, topic: "new"));
        await produce.SendAsync(2, Request());
        await produce.UntilReadAsync();

        asked.SetException(new RpcException(RpcStatusCode.Unavailable, "no leader"));

        await AssertAnswersAsync(produce, ErrorCode.KafkaStorageError, ErrorCode.KafkaStorageError);
        Assert.Null(await produce.ReceiveAsync());
        Assert.Empty(produce.Writers.Submitted);
    }

    [Fact]
    public async Task One_partition_that_failed_is_enough()
    {
        await using var produce = new ProduceTestContext();
        await produce.SendAsync(1, ProduceTestContext.Request(Batch, 0, 1));
        await produce.SendAsync(2, Request());
        await produce.UntilSubmittedAsync(2);

        produce.Writers.Complete(
            0, AppendResult.Of([new(ErrorCode.None, 3, 0, null), new(ErrorCode.KafkaStorageError, -1, -1, null)]));

        Assert.Equal(
            [(short)ErrorCode.None, (short)ErrorCode.KafkaStorageError],
            (await produce.ReceiveAllAsync())!.Select(static result => result.ErrorCode));
        await AssertAnswersAsync(produce, ErrorCode.KafkaStorageError);
        Assert.Null(await produce.ReceiveAsync());
    }

    [Fact]
    public async Task A_time_out_is_a_failure_like_others()
    {
        var time = new ManualTimeProvider(DateTimeOffset.UtcNow);
        await using var produce = new ProduceTestContext(time);
        await SendAsync(produce, 1);
        time.Advance(TimeSpan.FromSeconds(15));
        await produce.SendAsync(2, Request());
        await produce.UntilSubmittedAsync(2);

        time.Advance(TimeSpan.FromSeconds(6));
        produce.CheckTimeouts();

        await AssertAnswersAsync(produce, ErrorCode.RequestTimedOut, ErrorCode.RequestTimedOut);
        Assert.Null(await produce.ReceiveAsync());
    }

    [Fact]
    public async Task A_produce_without_acknowledgement_does_not_cut_off_the_answers_behind_it()
    {
        await using var produce = new ProduceTestContext();
        await produce.SendAsync(1, ProduceTestContext.Request(Batch, acks: 0));
        await produce.SendAsync(2, Request());
        await produce.SendAsync(3, Request());
        await produce.UntilSubmittedAsync(3);

        produce.Writers.Complete(1, Stored(4));
        produce.Writers.Complete(0, AppendResult.Failed(ErrorCode.KafkaStorageError));

        await AssertAnswersAsync(produce, ErrorCode.None, ErrorCode.KafkaStorageError);
        Assert.Null(await produce.ReceiveAsync());
    }

    [Fact]
    public async Task Another_request_that_was_read_behind_it_is_answered_before_the_connection_closes()
    {
        var heartbeats = new ScriptedHandler(ApiKey.Heartbeat, RequestOrder.AfterPrevious, static () => new HeartbeatResponse())
        {
            AnswersAtOnce = true,
        };
        await using var produce = new ProduceTestContext(others: heartbeats);
        await SendAsync(produce, 1);
        await produce.SendAsync(ApiKey.Heartbeat, 4, 2, new HeartbeatRequest { GroupId = "g", MemberId = "m" });

        // Its frame is taken while the first is unanswered: then it waits its turn.
        await produce.UntilReadAsync();
        produce.Writers.Complete(0, AppendResult.Failed(ErrorCode.KafkaStorageError));

        Assert.Equal(1, await produce.ReceiveCorrelationIdAsync());
        Assert.Equal(2, await produce.ReceiveCorrelationIdAsync());
        Assert.Null(await produce.ReceiveCorrelationIdAsync());
    }

    [Fact]
    public async Task The_client_goes_on_with_another_connection()
    {
        await using var produce = new ProduceTestContext();
        await SendAsync(produce, 1);
        produce.Writers.Complete(0, AppendResult.Failed(ErrorCode.KafkaStorageError));
        await AssertAnswersAsync(produce, ErrorCode.KafkaStorageError);

        await produce.ReconnectAsync();
        await produce.SendAsync(2, Request());
        await produce.UntilSubmittedAsync(2);
        produce.Writers.Complete(1, Stored(11));

        await AssertAnswersAsync(produce, ErrorCode.None);
    }

    [Fact]
    public async Task Where_there_is_no_writer_produces_wait_for_one_in_their_order()
    {
        await using var produce = new ProduceTestContext();
        produce.Writers.HasWriter = false;
        await produce.SendAsync(1, Request(partition: 0));
        await produce.SendAsync(2, Request(partition: 1));
        await produce.UntilReadAsync();
        Assert.Empty(produce.Writers.Submitted);

        produce.Writers.HasWriter = true;
        await produce.UntilSubmittedAsync(2);

        Assert.Equal([[10], [11]], produce.Writers.Submitted);
        produce.Writers.Complete(0, Stored(0));
        produce.Writers.Complete(1, Stored(0));
        await AssertAnswersAsync(produce, ErrorCode.None, ErrorCode.None);
    }

    [Fact]
    public async Task Without_a_writer_for_long_the_answer_is_retriable_and_none_behind_is_sent()
    {
        var time = new ManualTimeProvider(DateTimeOffset.UtcNow);
        await using var produce = new ProduceTestContext(time);
        produce.Writers.HasWriter = false;
        await produce.SendAsync(1, Request());
        await Eventually.TrueAsync(() => time.PendingTimerCount == 1, "the first waits for a writer", Token);
        time.Advance(TimeSpan.FromSeconds(10));
        await Eventually.TrueAsync(() => time.PendingTimerCount == 1, "the first waits for a writer", Token);
        await produce.SendAsync(2, Request());
        time.Advance(TimeSpan.FromSeconds(5));

        await AssertAnswersAsync(produce, ErrorCode.KafkaStorageError);
        produce.Writers.HasWriter = true;
        while (await produce.ReceiveAsync() is { } behind)
        {
            Assert.Equal((short)ErrorCode.KafkaStorageError, behind.ErrorCode);
        }

        Assert.Empty(produce.Writers.Submitted);
    }

    private static async Task SendAsync(ProduceTestContext produce, int count)
    {
        for (var id = 1; id <= count; id++)
        {
            await produce.SendAsync(id, Request());
        }

        await produce.UntilSubmittedAsync(count);
    }

    private static async Task AssertAnswersAsync(ProduceTestContext produce, params ErrorCode[] errors)
    {
        foreach (var error in errors)
        {
            Assert.Equal(error, (ErrorCode)(await produce.ReceiveAsync())!.ErrorCode);
        }
    }

    private static ProduceRequest Request(int partition = 0) => ProduceTestContext.Request(Batch, partition);

    private static AppendResult Stored(long baseOffset) => AppendResult.Of([new BatchAppendResult(ErrorCode.None, baseOffset, 0, null)]);

    private static byte[] MakeBatch()
    {
        var builder = new RecordBatchBuilder();
        builder.Append(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), null, new byte[10]);
        return builder.Build();
    }
}
