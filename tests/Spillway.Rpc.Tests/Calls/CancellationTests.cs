using Spillway.Rpc.Testing.V1;

namespace Spillway.Rpc.Tests.Calls;

public class CancellationTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_callers_own_cancellation_is_no_RpcException_and_reaches_the_handler()
    {
        var (server, entered, left) = await StartAsync();
        await using var _ = server;
        using var channel = new RpcChannel(server.Address);
        using var cancel = new CancellationTokenSource();

        var call = channel.UnaryAsync(EchoService.Unary, new EchoRequest(), cancel.Token);
        await entered.WaitAsync(TimeSpan.FromMinutes(1), Token);
        await cancel.CancelAsync();

        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal(cancel.Token, cancelled.CancellationToken);
        await left.WaitAsync(TimeSpan.FromMinutes(1), Token);
    }

    [Fact]
    public async Task Leaving_a_stream_early_cancels_its_handler()
    {
        var (server, _, left) = await StartAsync();
        await using var __ = server;
        using var channel = new RpcChannel(server.Address);

        await foreach (var reply in channel.ServerStreamAsync(EchoService.ServerStream, new EchoRequest(), Token))
        {
            break;
        }

        await left.WaitAsync(TimeSpan.FromMinutes(1), Token);
    }

    [Fact]
    public async Task A_duplex_call_that_the_server_ends_stops_the_stream_of_requests()
    {
        await using var server = await RpcTestServer.StartAsync(app => app.MapRpcService(service => service.Duplex(
            EchoService.Duplex, (requests, _) => requests.Take(3).Select(request => new EchoReply { Text = request.Text }))));
        using var channel = new RpcChannel(server.Address);
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        var replies = await channel.DuplexAsync(EchoService.Duplex, EndlessAsync(), Token).ToListAsync(Token);

        Assert.Equal(3, replies.Count);
        await stopped.Task.WaitAsync(TimeSpan.FromMinutes(1), Token);

        async IAsyncEnumerable<EchoRequest> EndlessAsync(
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            try
            {
                while (true)
                {
                    await Task.Delay(1, cancellationToken);
                    yield return new EchoRequest { Text = "again" };
                }
            }
            finally
            {
                stopped.SetResult();
            }
        }
    }

    [Fact]
    public async Task A_client_stream_may_be_answered_before_its_requests_end()
    {
        await using var server = await RpcTestServer.StartAsync(app => app.MapRpcService(service => service.ClientStream(
            EchoService.ClientStream,
            async (requests, _) => new EchoReply { Text = (await requests.FirstAsync()).Text })));
        using var channel = new RpcChannel(server.Address);

        var reply = await channel.ClientStreamAsync(EchoService.ClientStream, FirstThenNothingAsync(), Token);

        Assert.Equal("first", reply.Text);

        static async IAsyncEnumerable<EchoRequest> FirstThenNothingAsync(
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            yield return new EchoRequest { Text = "first" };
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }
    }

    [Fact]
    public async Task A_server_that_vanishes_is_Unavailable_to_calls_in_flight()
    {
        var (server, entered, _) = await StartAsync();
        using var channel = new RpcChannel(server.Address);

        var call = channel.UnaryAsync(EchoService.Unary, new EchoRequest(), Token);
        await entered.WaitAsync(TimeSpan.FromMinutes(1), Token);
        await server.DisposeAsync();

        var failure = await Assert.ThrowsAsync<RpcException>(() => call);
        Assert.Equal(RpcStatusCode.Unavailable, failure.Code);
    }

    private static async Task<(RpcTestServer Server, Task Entered, Task Left)> StartAsync()
    {
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var server = await RpcTestServer.StartAsync(app => app.MapRpcService(service => service
            .Unary(EchoService.Unary, async (_, context) =>
            {
                await WaitAsync(context);
                return new EchoReply();
            })
            .ServerStream(EchoService.ServerStream, (_, context) => StreamAsync(context))));
        return (server, entered.Task, left.Task);

        async Task WaitAsync(RpcServerContext context)
        {
            entered.TrySetResult();
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, context.CancellationToken);
            }
            finally
            {
                left.TrySetResult();
            }
        }

        async IAsyncEnumerable<EchoReply> StreamAsync(RpcServerContext context)
        {
            yield return new EchoReply();
            await WaitAsync(context);
        }
    }
}
