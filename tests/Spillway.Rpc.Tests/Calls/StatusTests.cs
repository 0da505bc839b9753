using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Spillway.Rpc.Testing.V1;

namespace Spillway.Rpc.Tests.Calls;

public class StatusTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(RpcStatusCode.NotFound, "no such thing")]
    [InlineData(RpcStatusCode.FailedPrecondition, "größer als 100%\nand more")]
    [InlineData(RpcStatusCode.Unauthenticated, "")]
    public async Task A_handlers_failure_reaches_the_caller_of_every_kind(RpcStatusCode code, string detail)
    {
        await using var server = await RpcTestServer.StartEchoAsync();
        using var channel = new RpcChannel(server.Address);
        var request = new EchoRequest { FailCode = (int)code, FailDetail = detail, Count = 2 };
        var requests = new[] { request }.ToAsyncEnumerable();

        RpcException[] failures =
        [
            await Assert.ThrowsAsync<RpcException>(() => channel.UnaryAsync(EchoService.Unary, request, Token)),
            await Assert.ThrowsAsync<RpcException>(() => channel.ClientStreamAsync(EchoService.ClientStream, requests, Token)),
            await Assert.ThrowsAsync<RpcException>(
                async () => await channel.DuplexAsync(EchoService.Duplex, requests, Token).ToListAsync(Token)),
        ];

        Assert.All(failures, failure => Assert.Equal((code, detail), (failure.Code, failure.Detail)));
    }

    [Fact]
    public async Task Messages_before_a_failure_are_delivered_before_it()
    {
        await using var server = await RpcTestServer.StartEchoAsync();
        using var channel = new RpcChannel(server.Address);
        var request = new EchoRequest { Count = 3, FailCode = (int)RpcStatusCode.Aborted, FailDetail = "then" };
        var seen = 0;

        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            await foreach (var _ in channel.ServerStreamAsync(EchoService.ServerStream, request, Token))
            {
                seen++;
            }
        });

        Assert.Equal(3, seen);
        Assert.Equal(RpcStatusCode.Aborted, failure.Code);
    }

    [Fact]
    public async Task An_exception_that_is_none_of_ours_is_Unknown_without_its_text_and_logged_once()
    {
        await using var server = await RpcTestServer.StartEchoAsync();
        using var channel = new RpcChannel(server.Address);

        var failure = await Assert.ThrowsAsync<RpcException>(
            () => channel.UnaryAsync(EchoService.Unary, new EchoRequest { FailCode = -1 }, Token));

        Assert.Equal(RpcStatusCode.Unknown, failure.Code);
        Assert.DoesNotContain("secret", failure.Detail, StringComparison.Ordinal);
        Assert.Equal(1, server.Logs.CountOf("Spillway.Rpc", LogLevel.Error));
    }

    [Theory]
    [InlineData(EchoService.Name, "NoSuchMethod")]
    [InlineData("no.such.Service", "Method")]
    public async Task A_method_that_nobody_serves_is_Unimplemented(string service, string name)
    {
        await using var server = await RpcTestServer.StartEchoAsync();
        using var channel = new RpcChannel(server.Address);
        var method = RpcMethod.Create<EchoRequest, EchoReply>(service, name);

        var failure = await Assert.ThrowsAsync<RpcException>(() => channel.UnaryAsync(method, new EchoRequest(), Token));

        Assert.Equal(RpcStatusCode.Unimplemented, failure.Code);
    }

    [Fact]
    public async Task Two_services_of_one_application_share_one_answer_for_what_neither_serves()
    {
        await using var server = await RpcTestServer.StartAsync(app =>
        {
            app.MapRpcService(EchoService.Map);
            app.MapRpcService(other => other.Unary(
                RpcMethod.Create<EchoRequest, EchoReply>("other.Service", "Unary"), (_, _) => Task.FromResult(new EchoReply())));
        });
        using var channel = new RpcChannel(server.Address);
        var method = RpcMethod.Create<EchoRequest, EchoReply>("other.Service", "Nothing");

        var failure = await Assert.ThrowsAsync<RpcException>(() => channel.UnaryAsync(method, new EchoRequest(), Token));

        Assert.Equal(RpcStatusCode.Unimplemented, failure.Code);
    }

    [Fact]
    public async Task A_request_over_the_servers_limit_is_ResourceExhausted()
    {
        await using var server = await RpcTestServer.StartAsync(app => app.MapRpcService(service =>
        {
            service.MessageBytesMax = 1000;
            EchoService.Map(service);
        }));
        using var channel = new RpcChannel(server.Address);
        var request = new EchoRequest { Text = new string('x', 1000) };

        var failure = await Assert.ThrowsAsync<RpcException>(() => channel.UnaryAsync(EchoService.Unary, request, Token));

        Assert.Equal(RpcStatusCode.ResourceExhausted, failure.Code);
    }

    [Fact]
    public async Task A_response_over_the_clients_limit_is_ResourceExhausted()
    {
        await using var server = await RpcTestServer.StartEchoAsync();
        using var channel = new RpcChannel(new RpcChannelOptions { Address = server.Address, MessageBytesMax = 1000 });
        var request = new EchoRequest { Text = new string('x', 1000) };

        var failure = await Assert.ThrowsAsync<RpcException>(() => channel.UnaryAsync(EchoService.Unary, request, Token));

        Assert.Equal(RpcStatusCode.ResourceExhausted, failure.Code);
    }

    [Fact]
    public async Task A_request_stream_that_fails_cancels_the_call_and_says_why()
    {
        await using var server = await RpcTestServer.StartEchoAsync();
        using var channel = new RpcChannel(server.Address);

        var failure = await Assert.ThrowsAsync<RpcException>(
            () => channel.ClientStreamAsync(EchoService.ClientStream, FailingAsync(), Token));

        Assert.Equal(RpcStatusCode.Cancelled, failure.Code);
        Assert.IsType<InvalidDataException>(failure.InnerException);

        static async IAsyncEnumerable<EchoRequest> FailingAsync()
        {
            yield return new EchoRequest { Text = "one" };
            await Task.Yield();
            throw new InvalidDataException("the source broke");
        }
    }

    [Fact]
    public async Task Nobody_listening_is_Unavailable()
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        var port = ((IPEndPoint)free.LocalEndpoint).Port;
        free.Stop();
        using var channel = new RpcChannel(new Uri($"http://127.0.0.1:{port}"));

        var failure = await Assert.ThrowsAsync<RpcException>(
            () => channel.UnaryAsync(EchoService.Unary, new EchoRequest(), Token));

        Assert.Equal(RpcStatusCode.Unavailable, failure.Code);
    }

    [Fact]
    public async Task A_stream_is_Unavailable_when_its_server_stops()
    {
        await using var server = await RpcTestServer.StartEchoAsync();
        using var channel = new RpcChannel(server.Address);
        var request = new EchoRequest { Count = 1_000_000, DelayMs = 5 };
        var stopping = Task.CompletedTask;

        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            await foreach (var reply in channel.ServerStreamAsync(EchoService.ServerStream, request, Token))
            {
                if (reply.Index == 2)
                {
                    stopping = server.StopAsync();
                }
            }
        });

        Assert.Equal(RpcStatusCode.Unavailable, failure.Code);
        await stopping.WaitAsync(TimeSpan.FromMinutes(1), Token);
    }

    // What follows looks at the answer itself, as any HTTP/2 client sees it.

    [Fact]
    public async Task A_success_has_its_status_in_the_trailers_and_says_what_encodings_it_takes()
    {
        await using var server = await RpcTestServer.StartEchoAsync();

        using var response = await PostAsync(server, "/" + EchoService.Name + "/Unary", [0, 0, 0, 0, 0]);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/grpc", response.Content.Headers.ContentType!.ToString());
        Assert.Equal("identity", Single(response.Headers, "grpc-accept-encoding"));
        Assert.Equal([0, 0, 0, 0, 0], await response.Content.ReadAsByteArrayAsync(Token));
        Assert.Equal("0", Single(response.TrailingHeaders, "grpc-status"));
        Assert.False(response.Headers.Contains("grpc-status"));
    }

    [Theory]
    // Field 1 (text) claims ten bytes and has one.
    [InlineData(new byte[] { 0, 0, 0, 0, 3, 10, 10, 65 }, null, "13")]
    [InlineData(new byte[] { 1, 0, 0, 0, 1, 0 }, "gzip", "12")]
    [InlineData(new byte[] { 1, 0, 0, 0, 1, 0 }, null, "13")]
    [InlineData(new byte[] { 0, 255, 255, 255, 255 }, null, "8")]
    [InlineData(new byte[] { 0, 0, 0 }, null, "13")]
    [InlineData(new byte[0], null, "13")]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, null, "13")]
    public async Task A_bad_request_fails_in_one_block_of_headers_without_a_body(byte[] body, string? encoding, string status)
    {
        await using var server = await RpcTestServer.StartEchoAsync();

        using var response = await PostAsync(server, "/" + EchoService.Name + "/Unary", body, encoding: encoding);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(status, Single(response.Headers, "grpc-status"));
        Assert.Empty(await response.Content.ReadAsByteArrayAsync(Token));
        Assert.Equal(0, server.Logs.CountOf("Spillway.Rpc", LogLevel.Error));
    }

    [Fact]
    public async Task What_is_not_gRPC_gets_an_answer_of_HTTP()
    {
        await using var server = await RpcTestServer.StartEchoAsync();

        using var wrongType = await PostAsync(server, "/" + EchoService.Name + "/Unary", [], contentType: "application/json");
        using var wrongPath = await PostAsync(server, "/a/b", [], contentType: "application/grpcx");

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, wrongType.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, wrongPath.StatusCode);
    }

    private static string Single(HttpHeaders headers, string name) => Assert.Single(headers.GetValues(name));

    private static async Task<HttpResponseMessage> PostAsync(
        RpcTestServer server, string path, byte[] body, string contentType = "application/grpc+proto", string? encoding = null)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server.Address, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.TryAddWithoutValidation("content-type", contentType);
        if (encoding is not null)
        {
            request.Headers.TryAddWithoutValidation("grpc-encoding", encoding);
        }
        return await http.SendAsync(request, Token);
    }
}
