using System.Diagnostics;
using System.Net;
using Spillway.Rpc.Testing.V1;
using Spillway.Testing;

namespace Spillway.Rpc.Tests.Calls;

public class DeadlineTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_call_that_takes_too_long_ends_at_its_deadline()
    {
        await using var server = await RpcTestServer.StartEchoAsync();
        using var channel = new RpcChannel(server.Address);
        var watch = Stopwatch.StartNew();

        var failure = await Assert.ThrowsAsync<RpcException>(() => channel.UnaryAsync(
            EchoService.Unary, new EchoRequest { DelayMs = 60_000 }, Token, TimeSpan.FromMilliseconds(100)));

        Assert.Equal(RpcStatusCode.DeadlineExceeded, failure.Code);
        Assert.InRange(watch.Elapsed, TimeSpan.FromMilliseconds(90), QuietMachine.Bound(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task The_channels_deadline_holds_where_a_unary_call_gives_none()
    {
        await using var server = await RpcTestServer.StartEchoAsync();
        using var channel = new RpcChannel(
            new RpcChannelOptions { Address = server.Address, DefaultDeadline = TimeSpan.FromMilliseconds(100) });

        var failure = await Assert.ThrowsAsync<RpcException>(
            () => channel.UnaryAsync(EchoService.Unary, new EchoRequest { DelayMs = 60_000 }, Token));

        Assert.Equal(RpcStatusCode.DeadlineExceeded, failure.Code);
    }

    [Fact]
    public async Task The_handlers_token_is_cancelled_at_the_deadline()
    {
        var cancelled = new TaskCompletionSource<DateTimeOffset?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await RpcTestServer.StartAsync(app => app.MapRpcService(service => service.Unary(
            EchoService.Unary,
            async (_, context) =>
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, context.CancellationToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                cancelled.SetResult(context.Deadline);
                return new EchoReply();
            })));
        using var channel = new RpcChannel(server.Address);

        await Assert.ThrowsAsync<RpcException>(() => channel.UnaryAsync(
            EchoService.Unary, new EchoRequest(), Token, TimeSpan.FromMilliseconds(100)));

        Assert.NotNull(await cancelled.Task.WaitAsync(TimeSpan.FromMinutes(1), Token));
    }

    [Fact]
    public async Task The_server_itself_answers_DeadlineExceeded()
    {
        // A client without a timer of its own: only the header says how long it waits.
        await using var server = await RpcTestServer.StartEchoAsync();
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server.Address, EchoService.Unary.Path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            // delay_ms = 100,000
            Content = new ByteArrayContent([0, 0, 0, 0, 4, 0x30, 0xA0, 0x8D, 0x06]),
        };
        request.Content.Headers.TryAddWithoutValidation("content-type", "application/grpc");
        request.Headers.TryAddWithoutValidation("grpc-timeout", "50m");

        using var response = await http.SendAsync(request, Token);

        Assert.Equal("4", Assert.Single(response.Headers.GetValues("grpc-status")));
    }

    [Fact]
    public async Task A_stream_ends_at_its_deadline_with_what_came_before()
    {
        await using var server = await RpcTestServer.StartEchoAsync();
        using var channel = new RpcChannel(server.Address);
        var seen = 0;

        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            await foreach (var _ in channel.ServerStreamAsync(
                EchoService.ServerStream, new EchoRequest { Count = 1_000_000, DelayMs = 1 }, Token, TimeSpan.FromSeconds(1)))
            {
                seen++;
            }
        });

        Assert.Equal(RpcStatusCode.DeadlineExceeded, failure.Code);
        Assert.True(seen > 0);
    }
}
