using Google.Protobuf;
using Spillway.Rpc.Testing.V1;

namespace Spillway.Rpc.Tests.Calls;

public class CallTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_unary_call_is_answered()
    {
        await using var server = await RpcTestServer.StartEchoAsync();
        using var channel = new RpcChannel(server.Address);

        var reply = await channel.UnaryAsync(EchoService.Unary, new EchoRequest { Text = "hello" }, Token);

        Assert.Equal("hello", reply.Text);
    }

    [Fact]
    public async Task An_empty_request_and_an_empty_reply_are_messages_of_no_bytes()
    {
        await using var server = await RpcTestServer.StartEchoAsync();
        using var channel = new RpcChannel(server.Address);

        Assert.Equal(new EchoReply(), await channel.UnaryAsync(EchoService.Unary, new EchoRequest(), Token));
    }

    [Fact]
    public async Task Headers_reach_the_handler()
    {
        await using var server = await RpcTestServer.StartEchoAsync();
        using var channel = new RpcChannel(server.Address);
        var headers = new RpcMetadata();
        headers.Add("x-echo", "+header");

        var reply = await channel.UnaryAsync(EchoService.Unary, new EchoRequest { Text = "t" }, Token, headers: headers);

        Assert.Equal("t+header", reply.Text);
    }

    [Fact]
    public async Task A_server_stream_is_read_to_its_end()
    {
        await using var server = await RpcTestServer.StartEchoAsync();
        using var channel = new RpcChannel(server.Address);

        var replies = channel.ServerStreamAsync(EchoService.ServerStream, new EchoRequest { Text = "s", Count = 1000 }, Token);

        Assert.Equal(Enumerable.Range(0, 1000), (await replies.ToListAsync(Token)).Select(reply => reply.Index));
    }

    [Fact]
    public async Task A_server_stream_may_be_empty()
    {
        await using var server = await RpcTestServer.StartEchoAsync();
        using var channel = new RpcChannel(server.Address);

        var replies = channel.ServerStreamAsync(EchoService.ServerStream, new EchoRequest(), Token);

        Assert.Empty(await replies.ToListAsync(Token));
    }

    [Fact]
    public async Task A_client_stream_is_answered_once()
    {
        await using var server = await RpcTestServer.StartEchoAsync();
        using var channel = new RpcChannel(server.Address);

        var reply = await channel.ClientStreamAsync(EchoService.ClientStream, Requests(50), Token);

        Assert.Equal(string.Join(',', Enumerable.Range(0, 50)), reply.Text);
        Assert.Equal(Enumerable.Range(0, 50).Sum(), reply.Index);
    }

    [Fact]
    public async Task A_duplex_call_answers_each_request_before_the_next_is_sent()
    {
        await using var server = await RpcTestServer.StartEchoAsync();
        using var channel = new RpcChannel(server.Address);
        using var answered = new SemaphoreSlim(1);
        var seen = 0;

        await foreach (var reply in channel.DuplexAsync(EchoService.Duplex, PingPongAsync(), Token))
        {
            Assert.Equal(seen++, reply.Index);
            answered.Release();
        }

        Assert.Equal(20, seen);

        async IAsyncEnumerable<EchoRequest> PingPongAsync()
        {
            for (var i = 0; i < 20; i++)
            {
                Assert.True(await answered.WaitAsync(TimeSpan.FromMinutes(1), Token), "the reply did not come");
                yield return new EchoRequest { Text = "ping" };
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16_383)]
    [InlineData(65_536)]
    [InlineData(1_000_003)]
    [InlineData(15_000_000)]
    public async Task Messages_of_any_size_up_to_the_limit_arrive_unchanged(int payloadBytes)
    {
        await using var server = await RpcTestServer.StartEchoAsync();
        using var channel = new RpcChannel(server.Address);
        var payload = new byte[payloadBytes];
        new Random(payloadBytes).NextBytes(payload);
        var request = new EchoRequest { Payload = UnsafeByteOperations.UnsafeWrap(payload) };

        var reply = await channel.UnaryAsync(EchoService.Unary, request, Token);
        var streamed = await channel.DuplexAsync(EchoService.Duplex, new[] { request, request }.ToAsyncEnumerable(), Token)
            .ToListAsync(Token);

        Assert.True(reply.Payload.Span.SequenceEqual(payload));
        Assert.Equal(2, streamed.Count);
        Assert.All(streamed, one => Assert.True(one.Payload.Span.SequenceEqual(payload)));
    }

    [Fact]
    public async Task A_hundred_calls_at_a_time_share_a_channel()
    {
        await using var server = await RpcTestServer.StartEchoAsync();
        using var channel = new RpcChannel(server.Address);

        var replies = await Task.WhenAll(Enumerable.Range(0, 100).Select(i =>
            channel.UnaryAsync(EchoService.Unary, new EchoRequest { Text = $"{i}", DelayMs = 10 }, Token)));

        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"{i}"), replies.Select(reply => reply.Text));
    }

    private static async IAsyncEnumerable<EchoRequest> Requests(int count)
    {
        for (var i = 0; i < count; i++)
        {
            if (i % 7 == 0)
            {
                await Task.Yield();
            }
            yield return new EchoRequest { Text = $"{i}", Count = i };
        }
    }
}
