using System.Buffers;

namespace Spillway.Rpc.Tests.Raw;

public class RawDuplexTests
{
    private static readonly RpcRawMethod Method = new("spillway.testing.v1.Raw", "Duplex");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Scattered_messages_arrive_as_one_and_in_order()
    {
        await using var server = await StartEchoAsync();
        using var channel = new RpcChannel(server.Address);
        await using var call = channel.OpenRawDuplex(Method, Token);

        _ = call.WriteAsync([1, 2], [new byte[] { 3 }, Array.Empty<byte>(), new byte[] { 4, 5 }]);
        _ = call.WriteAsync([], []);
        _ = call.WriteAsync([6], []);
        _ = call.WriteAsync([], [new byte[] { 7 }]);
        call.CompleteRequests();

        var replies = new List<byte[]>();
        while (await call.ReadAsync())
        {
            replies.Add(call.Current.ToArray());
        }
        Assert.Equal([[1, 2, 3, 4, 5], [], [6], [7]], replies);
    }

    [Fact]
    public async Task A_payload_may_be_overwritten_once_its_write_has_completed()
    {
        // Goal: the bytes at the other end are those of the moment of the write. Method: one buffer for all messages, overwritten
        // the moment its write completes, while the server is slow to read, so that bytes wait in every buffer on the way.
        await using var server = await StartAsync(async call =>
        {
            var buffer = new byte[1 << 20];
            for (byte expected = 1; ; expected++)
            {
                await Task.Delay(5, call.Context.CancellationToken);
                var length = await call.ReadLengthAsync(call.Context.CancellationToken);
                if (length < 0)
                {
                    return;
                }
                await call.ReadMessageAsync(buffer.AsMemory(0, length), call.Context.CancellationToken);
                call.Write([buffer.AsSpan(0, length).ContainsAnyExcept(expected) ? (byte)0 : expected]);
            }
        });
        using var channel = new RpcChannel(server.Address);
        await using var call = channel.OpenRawDuplex(Method, Token);
        var payload = new byte[200_000];

        for (byte i = 1; i <= 100; i++)
        {
            payload.AsSpan().Fill(i);
            await call.WriteAsync([i], [payload]);
            payload.AsSpan().Fill(0xEE);
        }
        call.CompleteRequests();

        for (byte i = 1; i <= 100; i++)
        {
            Assert.True(await call.ReadAsync());
            Assert.Equal(i, call.Current.FirstSpan[0]);
        }
        Assert.False(await call.ReadAsync());
    }

    [Fact]
    public async Task A_message_longer_than_the_window_is_filled_as_it_arrives()
    {
        await using var server = await StartEchoAsync(
            new RpcListenerOptions { StreamWindowBytes = 128 << 10, ConnectionWindowBytes = 256 << 10 });
        using var channel = new RpcChannel(server.Address);
        await using var call = channel.OpenRawDuplex(Method, Token);
        var payload = new byte[10 << 20];
        new Random(7).NextBytes(payload);

        _ = call.WriteAsync([], [payload]);

        Assert.True(await call.ReadAsync());
        Assert.True(call.Current.ToArray().AsSpan().SequenceEqual(payload));
    }

    [Fact]
    public async Task A_message_over_the_limit_is_refused_by_its_length_alone()
    {
        await using var server = await StartEchoAsync();
        using var channel = new RpcChannel(server.Address);
        await using var call = channel.OpenRawDuplex(Method, Token);

        _ = call.WriteAsync([], [new byte[RpcLimits.MessageBytesMax + 1]]);

        var failure = await Assert.ThrowsAsync<RpcException>(async () => await call.ReadAsync());
        Assert.Equal(RpcStatusCode.ResourceExhausted, failure.Code);
    }

    [Fact]
    public async Task Every_write_fails_where_nobody_listens()
    {
        using var channel = new RpcChannel(await ClosedAddressAsync());
        await using var call = channel.OpenRawDuplex(Method, Token);
        var early = call.WriteAsync([1], []);

        var failure = await Assert.ThrowsAsync<RpcException>(async () => await call.ReadAsync());

        Assert.Equal(RpcStatusCode.Unavailable, failure.Code);
        await Assert.ThrowsAsync<RpcException>(() => early);
        await Assert.ThrowsAsync<RpcException>(() => call.WriteAsync([2], []));
    }

    [Fact]
    public async Task Disposing_completes_every_write_even_against_a_server_that_does_not_read()
    {
        await using var server = await StartAsync(
            call => Task.Delay(Timeout.InfiniteTimeSpan, call.Context.CancellationToken),
            new RpcListenerOptions { StreamWindowBytes = 128 << 10, ConnectionWindowBytes = 256 << 10 });
        using var channel = new RpcChannel(server.Address);
        var call = channel.OpenRawDuplex(Method, Token);
        var writes = Enumerable.Range(0, 20).Select(_ => call.WriteAsync([1], [new byte[1 << 20]])).ToList();

        await call.DisposeAsync();

        Assert.All(writes, write => Assert.True(write.IsCompleted));
        Assert.All(writes.TakeLast(19), write => Assert.True(write.IsFaulted));
    }

    [Fact]
    public async Task Status_and_headers_are_those_of_any_call()
    {
        await using var server = await StartAsync(call =>
            throw new RpcException(RpcStatusCode.FailedPrecondition, call.Context.Headers.Find("x-name") ?? "none"));
        using var channel = new RpcChannel(server.Address);
        var headers = new RpcMetadata();
        headers.Add("x-name", "frontend-1");
        await using var call = channel.OpenRawDuplex(Method, Token, headers);

        var failure = await Assert.ThrowsAsync<RpcException>(async () => await call.ReadAsync());

        Assert.Equal((RpcStatusCode.FailedPrecondition, "frontend-1"), (failure.Code, failure.Detail));
    }

    [Fact]
    public async Task A_handler_ends_its_stream_when_the_server_stops()
    {
        await using var server = await StartAsync(async call =>
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(
                call.Context.CancellationToken, call.Context.Stopping);
            await call.ReadLengthAsync(either.Token);
        });
        using var channel = new RpcChannel(server.Address);
        await using var call = channel.OpenRawDuplex(Method, Token);
        var reading = call.ReadAsync();

        await server.StopAsync().WaitAsync(TimeSpan.FromMinutes(1), Token);

        var failure = await Assert.ThrowsAsync<RpcException>(async () => await reading);
        Assert.Equal(RpcStatusCode.Unavailable, failure.Code);
    }

    [Fact]
    public async Task Kestrel_reads_more_than_4_KB_at_a_time_from_the_large_block_pool()
    {
        var longest = 0;
        await using var server = await RpcTestServer.StartAsync(
            app => app.MapRpcService(service => service.RawDuplex(Method, async call =>
            {
                var input = call.Context.Http.Request.BodyReader;
                while (true)
                {
                    var result = await input.ReadAsync(call.Context.CancellationToken);
                    foreach (var segment in result.Buffer)
                    {
                        longest = Math.Max(longest, segment.Length);
                    }
                    if (result.IsCompleted)
                    {
                        return;
                    }
                    input.AdvanceTo(result.Buffer.End);
                }
            })),
            services: services => services.AddLargeBlockMemoryPool());
        using var channel = new RpcChannel(server.Address);
        await using var call = channel.OpenRawDuplex(Method, Token);

        _ = call.WriteAsync([], [new byte[4 << 20]]);
        call.CompleteRequests();

        Assert.False(await call.ReadAsync());
        Assert.InRange(longest, 4097, LargeBlockMemoryPoolFactory.BlockBytes);
    }

    private static Task<RpcTestServer> StartAsync(Func<RawServerCall, Task> handler, RpcListenerOptions? options = null) =>
        RpcTestServer.StartAsync(app => app.MapRpcService(service => service.RawDuplex(Method, handler)), options);

    private static Task<RpcTestServer> StartEchoAsync(RpcListenerOptions? options = null) => StartAsync(
        async call =>
        {
            while (await call.ReadLengthAsync(call.Context.CancellationToken) is var length and >= 0)
            {
                var message = new byte[length];
                await call.ReadMessageAsync(message, call.Context.CancellationToken);
                message.CopyTo(call.Reserve(length));
                call.Commit(length);
                await call.FlushAsync(call.Context.CancellationToken);
            }
        },
        options);

    private static async Task<Uri> ClosedAddressAsync()
    {
        await using var server = await StartEchoAsync();
        return server.Address;
    }
}
