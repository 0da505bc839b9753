using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Spillway.Kafka;
using Spillway.Kafka.Buffers;
using Spillway.Kafka.Errors;
using Spillway.Rpc.Append;
using Spillway.Rpc.Testing.V1;
using Spillway.Rpc.Tests.Append;
using Spillway.Rpc.Tests.Security;

namespace Spillway.Rpc.Tests.Interop;

/// <summary>
/// Stock implementations of gRPC on the other side, both ways: their clients call our server, our client calls their servers, the
/// append stream included, which our side encodes by hand. The scripts are beside this file.
/// </summary>
public class InteropTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("grpc-js", 16)]
    [InlineData("grpcio", 14)]
    public async Task Their_client_calls_our_server(string name, int checks)
    {
        var peer = await GrpcPeer.GetAsync(name);
        await using var server = await StartAsync();

        await RunClientAsync(peer, checks, $"127.0.0.1:{server.Address.Port}");
    }

    [Fact]
    public async Task Their_client_calls_our_server_with_certificates_on_both_sides()
    {
        var peer = await GrpcPeer.GetAsync("grpc-js");
        using var authority = new TestAuthority("ours");
        using var certificate = authority.Issue("frontend-1", forServer: false);
        await using var server = await StartAsync(new RpcListenerOptions
        {
            ServerCertificate = authority.Issue("localhost", forServer: true),
            ClientAuthorities = authority.Trust,
        });
        var folder = Directory.CreateTempSubdirectory("spillway-interop-");
        try
        {
            var ca = await WriteAsync("ca.pem", authority.Trust[0].ExportCertificatePem());
            var cert = await WriteAsync("cert.pem", certificate.ExportCertificatePem());
            var key = await WriteAsync("key.pem", certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());

            await RunClientAsync(peer, 16, $"localhost:{server.Address.Port}", ca, cert, key);
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        async Task<string> WriteAsync(string file, string pem)
        {
            var path = Path.Combine(folder.FullName, file);
            await File.WriteAllTextAsync(path, pem, Token);
            return path;
        }
    }

    [Theory]
    [InlineData("grpc-js")]
    [InlineData("grpcio")]
    public async Task Our_client_calls_their_server(string name)
    {
        var peer = await GrpcPeer.GetAsync(name);
        await using var server = peer.Start("server");
        using var channel = new RpcChannel(new Uri($"http://127.0.0.1:{await server.ReadPortAsync()}"));
        var payload = ByteString.CopyFrom(new byte[10 << 20]);
        var headers = new RpcMetadata();
        headers.Add("x-echo", "+header");

        var reply = await channel.UnaryAsync(
            EchoService.Unary, new EchoRequest { Text = "größe", Payload = payload }, Token, headers: headers);
        Assert.Equal(new EchoReply { Text = "größe+header", Payload = payload }, reply);
        Assert.Equal(new EchoReply(), await channel.UnaryAsync(EchoService.Unary, new EchoRequest(), Token));

        var stream = await channel.ServerStreamAsync(EchoService.ServerStream, new EchoRequest { Count = 1000 }, Token).ToListAsync(Token);
        Assert.Equal(Enumerable.Range(0, 1000), stream.Select(one => one.Index));

        var requests = Enumerable.Range(0, 100).Select(i => new EchoRequest { Text = $"{i}", Count = i }).ToList();
        var joined = await channel.ClientStreamAsync(EchoService.ClientStream, requests.ToAsyncEnumerable(), Token);
        Assert.Equal((string.Join(',', Enumerable.Range(0, 100)), 4950), (joined.Text, joined.Index));

        var echoed = await channel.DuplexAsync(EchoService.Duplex, requests.ToAsyncEnumerable(), Token).ToListAsync(Token);
        Assert.Equal(requests.Select(request => request.Text), echoed.Select(one => one.Text));
    }

    [Theory]
    [InlineData("grpc-js")]
    [InlineData("grpcio")]
    public async Task Our_client_understands_how_their_server_fails(string name)
    {
        var peer = await GrpcPeer.GetAsync(name);
        await using var server = peer.Start("server");
        using var channel = new RpcChannel(new Uri($"http://127.0.0.1:{await server.ReadPortAsync()}"));
        var failing = new EchoRequest { Count = 3, FailCode = (int)RpcStatusCode.FailedPrecondition, FailDetail = "100% größer\n☃" };

        var failure = await Assert.ThrowsAsync<RpcException>(() => channel.UnaryAsync(EchoService.Unary, failing, Token));
        Assert.Equal((RpcStatusCode.FailedPrecondition, failing.FailDetail), (failure.Code, failure.Detail));

        var seen = 0;
        failure = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            await foreach (var _ in channel.ServerStreamAsync(EchoService.ServerStream, failing, Token))
            {
                seen++;
            }
        });
        Assert.Equal((3, RpcStatusCode.FailedPrecondition), (seen, failure.Code));

        var nothing = RpcMethod.Create<EchoRequest, EchoReply>(EchoService.Name, "Nothing");
        failure = await Assert.ThrowsAsync<RpcException>(() => channel.UnaryAsync(nothing, new EchoRequest(), Token));
        Assert.Equal(RpcStatusCode.Unimplemented, failure.Code);

        failure = await Assert.ThrowsAsync<RpcException>(() => channel.UnaryAsync(
            EchoService.Unary, new EchoRequest { DelayMs = 2000 }, Token, TimeSpan.FromMilliseconds(200)));
        Assert.Equal(RpcStatusCode.DeadlineExceeded, failure.Code);
    }

    [Theory]
    [InlineData("grpc-js")]
    [InlineData("grpcio")]
    public async Task Our_append_stream_is_understood_by_their_server(string name)
    {
        var peer = await GrpcPeer.GetAsync(name);
        await using var server = peer.Start("server");
        using var channel = new RpcChannel(new Uri($"http://127.0.0.1:{await server.ReadPortAsync()}"));
        await using var stream = new RemoteAppendStream(channel, "frontend-a");
        var pool = new BufferPool(1 << 20);

        var results = new List<Task<AppendResult>>();
        for (var i = 0; i < 50; i++)
        {
            using var buffer = pool.Rent(50_003);
            buffer.Span.Fill((byte)i);
            results.Add(stream.AppendAsync(
                new Rpc.Append.AppendRequest
                {
                    Owner = buffer,
                    Batches =
                    [
                        new(new LogId(7), buffer.Memory[..3]),
                        new(new LogId(1L << 40), buffer.Memory[3..]),
                    ],
                    TransactionalId = "tx",
                    TransactionVersion = 2,
                },
                Token).AsTask());
        }

        // Their server answers the sum of each batch's bytes, and its log id.
        foreach (var (i, result) in (await Task.WhenAll(results)).Index())
        {
            Assert.Equal(
                [new(ErrorCode.None, 3 * i, 7, null), new(ErrorCode.None, 50_000 * i, 1L << 40, null)], result.Batches);
        }
    }

    private static Task<RpcTestServer> StartAsync(RpcListenerOptions? options = null) => RpcTestServer.StartAsync(
        app =>
        {
            app.MapRpcService(EchoService.Map);
            app.MapWalAppend(new RecordingAppendService());
        },
        options);

    private static async Task RunClientAsync(GrpcPeer peer, int checks, params string[] arguments)
    {
        await using var client = peer.Start("client", arguments);
        var (exitCode, output, errors) = await client.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.True(exitCode == 0, output + errors);
        Assert.Equal(checks, output.Split('\n').Count(line => line.StartsWith("ok ", StringComparison.Ordinal)));
    }
}
