using Google.Protobuf;
using Spillway.Rpc.Testing.V1;

namespace Spillway.Rpc.Tests.Calls;

/// <summary>
/// A side that does not read stops the side that writes, within the windows and the buffers of both. The writer counts what it gave;
/// the count must come to rest far below what it would give, and move on once the reader reads.
/// </summary>
public class FlowControlTests
{
    private const int MessageBytes = 64 << 10;
    private const int Messages = 2000; // 125 MiB

    private static readonly ByteString Payload = UnsafeByteOperations.UnsafeWrap(new byte[MessageBytes]);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_client_that_does_not_read_stops_the_server()
    {
        var given = 0;
        await using var server = await RpcTestServer.StartAsync(app => app.MapRpcService(service => service.ServerStream(
            EchoService.ServerStream, (_, _) => Enumerable.Range(0, Messages).ToAsyncEnumerable().Select(i =>
            {
                Interlocked.Increment(ref given);
                return new EchoReply { Payload = Payload, Index = i };
            }))));
        using var channel = new RpcChannel(
            new RpcChannelOptions { Address = server.Address, StreamWindowBytes = 1 << 20 });

        var seen = 0;
        await foreach (var reply in channel.ServerStreamAsync(EchoService.ServerStream, new EchoRequest(), Token))
        {
            if (seen == 0)
            {
                Assert.InRange(await RestAsync(() => Volatile.Read(ref given)), 1, Messages / 4);
            }
            Assert.Equal(seen++, reply.Index);
        }

        Assert.Equal(Messages, seen);
    }

    [Fact]
    public async Task A_server_that_does_not_read_stops_the_client()
    {
        var given = 0;
        var read = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await RpcTestServer.StartAsync(
            app => app.MapRpcService(service => service.ClientStream(EchoService.ClientStream, async (requests, _) =>
            {
                await read.Task;
                return new EchoReply { Index = await requests.CountAsync() };
            })),
            new RpcListenerOptions { StreamWindowBytes = 1 << 20, ConnectionWindowBytes = 2 << 20 });
        using var channel = new RpcChannel(server.Address);

        var call = channel.ClientStreamAsync(
            EchoService.ClientStream,
            Enumerable.Range(0, Messages).ToAsyncEnumerable().Select(_ =>
            {
                Interlocked.Increment(ref given);
                return new EchoRequest { Payload = Payload };
            }),
            Token);
        Assert.InRange(await RestAsync(() => Volatile.Read(ref given)), 1, Messages / 4);
        read.SetResult();

        Assert.Equal(Messages, (await call).Index);
    }

    // The value once it has not changed for a while.
    private static async Task<int> RestAsync(Func<int> value)
    {
        var last = 0;
        for (var (same, tries) = (0, 0); (same < 5 || last == 0) && tries < 400; same++, tries++)
        {
            await Task.Delay(50, Token);
            if (value() != last)
            {
                last = value();
                same = 0;
            }
        }
        return last;
    }
}
