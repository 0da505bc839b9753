using System.Buffers.Binary;
using Microsoft.Extensions.Logging;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Connections;
using Xunit;

namespace Spillway.ProtocolFrontend.Tests.Connections;

public sealed class KafkaConnectionTests
{
    [Fact]
    public async Task Answers_come_in_the_order_of_the_requests_whatever_ends_first()
    {
        var handler = Heartbeats(RequestOrder.Ahead);
        await using var client = new ConnectionTestContext(handler);
        for (var id = 1; id <= 3; id++)
        {
            await SendHeartbeatAsync(client, id);
        }

        handler.Answer(3);
        handler.Answer(2);
        handler.Answer(1);

        Assert.Equal(1, await client.ReceiveCorrelationIdAsync());
        Assert.Equal(2, await client.ReceiveCorrelationIdAsync());
        Assert.Equal(3, await client.ReceiveCorrelationIdAsync());
    }

    [Fact]
    public async Task A_request_that_runs_ahead_begins_before_the_previous_one_is_answered()
    {
        var handler = Heartbeats(RequestOrder.Ahead);
        await using var client = new ConnectionTestContext(handler);
        await SendHeartbeatAsync(client, 1);
        await SendHeartbeatAsync(client, 2);

        await UntilAsync(() => handler.Begun.Count == 2);

        handler.Answer(1);
        handler.Answer(2);
    }

    [Fact]
    public async Task A_request_that_keeps_the_order_begins_only_after_the_previous_answer()
    {
        var ahead = Heartbeats(RequestOrder.Ahead);
        var ordered = new ScriptedHandler(ApiKey.LeaveGroup, RequestOrder.AfterPrevious, static () => new LeaveGroupResponse());
        await using var client = new ConnectionTestContext(ahead, ordered);
        await SendHeartbeatAsync(client, 1);
        await client.SendAsync(ApiKey.LeaveGroup, 1, 2, new LeaveGroupRequest { GroupId = "g", MemberId = "m" });
        await SendHeartbeatAsync(client, 3);
        await UntilAsync(() => ahead.Begun.Count == 1);
        Assert.Empty(ordered.Begun);

        ahead.Answer(1);
        await UntilAsync(() => ordered.Begun.Count == 1);
        Assert.Single(ahead.Begun);

        ordered.Answer(2);
        await UntilAsync(() => ahead.Begun.Count == 2);
        ahead.Answer(3);
        Assert.Equal(1, await client.ReceiveCorrelationIdAsync());
        Assert.Equal(2, await client.ReceiveCorrelationIdAsync());
        Assert.Equal(3, await client.ReceiveCorrelationIdAsync());
    }

    [Fact]
    public async Task Every_split_of_a_frame_gives_the_same_answer()
    {
        var frame = ConnectionTestContext.Frame(ApiKey.Heartbeat, 4, 7, new HeartbeatRequest { GroupId = "g", MemberId = "m" });
        for (var split = 1; split < frame.Length; split++)
        {
            await using var client = new ConnectionTestContext(Heartbeats(RequestOrder.Ahead, answersAtOnce: true));

            await client.SendAsync(frame.AsMemory(0, split));
            await Task.Yield();
            await client.SendAsync(frame.AsMemory(split));

            Assert.Equal(7, await client.ReceiveCorrelationIdAsync());
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(7)]
    [InlineData((1 << 20) + 1)]
    [InlineData(int.MaxValue)]
    [InlineData(int.MinValue)]
    public async Task A_frame_length_that_cannot_be_closes_the_connection_with_one_reason(int length)
    {
        await using var client = new ConnectionTestContext(Heartbeats(RequestOrder.Ahead));
        var bytes = new byte[16];
        BinaryPrimitives.WriteInt32BigEndian(bytes, length);

        await client.SendAsync(bytes);

        Assert.Null(await client.ReceiveAsync());
        Assert.Single(client.Logs.Entries, static entry => entry.Level == LogLevel.Warning);
        Assert.DoesNotContain(client.Logs.Entries, static entry => entry.Level == LogLevel.Error);
        Assert.Equal(0, client.Budget.UsedBytes);
    }

    [Fact]
    public async Task Garbage_closes_the_connection_and_what_came_before_is_still_answered()
    {
        await using var client = new ConnectionTestContext(Heartbeats(RequestOrder.Ahead, answersAtOnce: true));
        await SendHeartbeatAsync(client, 1);
        var garbage = ConnectionTestContext.Frame(ApiKey.Heartbeat, 4, 2, new HeartbeatRequest { GroupId = "group", MemberId = "m" });
        garbage.AsSpan(18).Fill(0xff);

        await client.SendAsync(garbage);

        Assert.Equal(1, await client.ReceiveCorrelationIdAsync());
        Assert.Null(await client.ReceiveAsync());
        Assert.Single(client.Logs.Entries, static entry => entry.Level == LogLevel.Warning);
        Assert.Equal(0, client.Budget.UsedBytes);
    }

    [Fact]
    public async Task An_unknown_api_closes_the_connection()
    {
        await using var client = new ConnectionTestContext(Heartbeats(RequestOrder.Ahead));
        var frame = ConnectionTestContext.Frame(ApiKey.Heartbeat, 0, 1, new HeartbeatRequest());
        BinaryPrimitives.WriteInt16BigEndian(frame.AsSpan(4), 999);

        await client.SendAsync(frame);

        Assert.Null(await client.ReceiveAsync());
        Assert.Contains("999", Assert.Single(client.Logs.Entries, static entry => entry.Level == LogLevel.Warning).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_huge_request_that_is_no_produce_closes_the_connection_before_it_becomes_objects()
    {
        await using var client = new ConnectionTestContext(64 << 20, 64 << 20, Heartbeats(RequestOrder.Ahead));
        var frame = new byte[4 + RequestDispatcher.OtherRequestBytesMax + 1];
        ConnectionTestContext.Frame(ApiKey.Heartbeat, 0, 1, new HeartbeatRequest()).CopyTo(frame, 0);
        BinaryPrimitives.WriteInt32BigEndian(frame, frame.Length - 4);

        await client.SendAsync(frame);

        Assert.Null(await client.ReceiveAsync());
        Assert.Single(client.Logs.Entries, static entry => entry.Level == LogLevel.Warning);
    }

    [Fact]
    public async Task A_version_that_is_not_served_closes_the_connection()
    {
        await using var client = new ConnectionTestContext(Heartbeats(RequestOrder.Ahead));
        var frame = ConnectionTestContext.Frame(ApiKey.Heartbeat, 0, 1, new HeartbeatRequest());
        BinaryPrimitives.WriteInt16BigEndian(frame.AsSpan(6), 77);

        await client.SendAsync(frame);

        Assert.Null(await client.ReceiveAsync());
    }

    [Fact]
    public async Task ApiVersions_of_the_future_is_answered_in_v0_with_the_range_of_ApiVersions()
    {
        var apiVersions = new ScriptedHandler(ApiKey.ApiVersions, RequestOrder.Ahead, static () => new ApiVersionsResponse());
        await using var client = new ConnectionTestContext(apiVersions, Heartbeats(RequestOrder.Ahead));
        var frame = ConnectionTestContext.Frame(ApiKey.ApiVersions, 3, 5, new ApiVersionsRequest { ClientSoftwareName = "x", ClientSoftwareVersion = "1" });
        BinaryPrimitives.WriteInt16BigEndian(frame.AsSpan(6), 99);

        await client.SendAsync(frame);

        var answer = await client.ReceiveAsync();
        Assert.NotNull(answer);
        // correlation id, error 35, one element: api key 18, min 0, max 4.
        Assert.Equal([0, 0, 0, 5, 0, 35, 0, 0, 0, 1, 0, 18, 0, 0, 0, 4], answer);
    }

    [Fact]
    public async Task Past_the_byte_budget_the_connection_is_not_read()
    {
        var handler = Heartbeats(RequestOrder.Ahead);
        var frame = ConnectionTestContext.Frame(ApiKey.Heartbeat, 4, 1, new HeartbeatRequest { GroupId = "g", MemberId = "m" });
        await using var client = new ConnectionTestContext((frame.Length - 4) * 2, 1 << 20, handler);
        for (var id = 1; id <= 3; id++)
        {
            await SendHeartbeatAsync(client, id);
        }

        await UntilAsync(() => handler.Begun.Count == 2);
        for (var i = 0; i < 20; i++)
        {
            await Task.Yield();
        }

        Assert.Equal(2, handler.Begun.Count);
        handler.Answer(1);
        await UntilAsync(() => handler.Begun.Count == 3);
        handler.Answer(2);
        handler.Answer(3);
    }

    [Fact]
    public async Task A_handler_that_throws_closes_only_its_connection_and_is_logged_once()
    {
        var handler = Heartbeats(RequestOrder.Ahead);
        await using var client = new ConnectionTestContext(handler);
        await SendHeartbeatAsync(client, 1);

        handler.Fail(1, new InvalidOperationException("bug"));

        Assert.Null(await client.ReceiveAsync());
        Assert.Single(client.Logs.Entries, static entry => entry.Level == LogLevel.Error);
        Assert.Equal(0, client.Budget.UsedBytes);
    }

    [Fact]
    public async Task A_drained_connection_answers_what_it_read_and_closes()
    {
        var handler = Heartbeats(RequestOrder.Ahead);
        await using var client = new ConnectionTestContext(handler);
        await SendHeartbeatAsync(client, 1);
        await UntilAsync(() => handler.Begun.Count == 1);

        client.StopReading();
        handler.Answer(1);

        Assert.Equal(1, await client.ReceiveCorrelationIdAsync());
        Assert.Null(await client.ReceiveAsync());
    }

    private static ScriptedHandler Heartbeats(RequestOrder order, bool answersAtOnce = false) =>
        new(ApiKey.Heartbeat, order, static () => new HeartbeatResponse()) { AnswersAtOnce = answersAtOnce };

    private static Task SendHeartbeatAsync(ConnectionTestContext client, int correlationId) =>
        client.SendAsync(ApiKey.Heartbeat, 4, correlationId, new HeartbeatRequest { GroupId = "g", MemberId = "m" });

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!condition())
        {
            await Task.Delay(1, limit.Token);
        }
    }
}
