using Spillway.Rpc.Testing.V1;

namespace Spillway.Rpc.Tests;

/// <summary>The test service of proto/spillway/testing/v1/echo.proto on our server.</summary>
internal static class EchoService
{
    public const string Name = "spillway.testing.v1.Echo";

    public static readonly RpcMethod<EchoRequest, EchoReply> Unary = RpcMethod.Create<EchoRequest, EchoReply>(Name, "Unary");
    public static readonly RpcMethod<EchoRequest, EchoReply> ServerStream =
        RpcMethod.Create<EchoRequest, EchoReply>(Name, "ServerStream");
    public static readonly RpcMethod<EchoRequest, EchoReply> ClientStream =
        RpcMethod.Create<EchoRequest, EchoReply>(Name, "ClientStream");
    public static readonly RpcMethod<EchoRequest, EchoReply> Duplex = RpcMethod.Create<EchoRequest, EchoReply>(Name, "Duplex");

    public static void Map(RpcServiceBuilder service) => service
        .Unary(Unary, AnswerUnaryAsync)
        .ServerStream(ServerStream, AnswerServerStreamAsync)
        .ClientStream(ClientStream, AnswerClientStreamAsync)
        .Duplex(Duplex, AnswerDuplexAsync);

    private static async Task<EchoReply> AnswerUnaryAsync(EchoRequest request, RpcServerContext context)
    {
        await Task.Delay(request.DelayMs, context.CancellationToken);
        FailIfAsked(request);
        var text = context.Headers.Find("x-echo") is { } header ? request.Text + header : request.Text;
        return new EchoReply { Text = text, Payload = request.Payload };
    }

    private static async IAsyncEnumerable<EchoReply> AnswerServerStreamAsync(EchoRequest request, RpcServerContext context)
    {
        for (var i = 0; i < request.Count; i++)
        {
            await Task.Delay(request.DelayMs, context.CancellationToken);
            yield return new EchoReply { Text = request.Text, Payload = request.Payload, Index = i };
        }
        FailIfAsked(request);
    }

    private static async Task<EchoReply> AnswerClientStreamAsync(IAsyncEnumerable<EchoRequest> requests, RpcServerContext context)
    {
        var texts = new List<string>();
        var sum = 0;
        await foreach (var request in requests)
        {
            FailIfAsked(request);
            texts.Add(request.Text);
            sum += request.Count;
        }
        return new EchoReply { Text = string.Join(',', texts), Index = sum };
    }

    private static async IAsyncEnumerable<EchoReply> AnswerDuplexAsync(
        IAsyncEnumerable<EchoRequest> requests,
        RpcServerContext context)
    {
        var index = 0;
        await foreach (var request in requests)
        {
            FailIfAsked(request);
            yield return new EchoReply { Text = request.Text, Payload = request.Payload, Index = index++ };
        }
    }

    private static void FailIfAsked(EchoRequest request)
    {
        if (request.FailCode == -1)
        {
            throw new InvalidOperationException("a secret of the handler");
        }
        if (request.FailCode != 0)
        {
            throw new RpcException((RpcStatusCode)request.FailCode, request.FailDetail);
        }
    }
}
