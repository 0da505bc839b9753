using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Spillway.Rpc;

/// <summary>Maps the methods of one service to handlers. Used while the application is built.</summary>
public sealed class RpcServiceBuilder
{
    private readonly IEndpointRouteBuilder _endpoints;
    private readonly RpcCallHandler _handler;

    internal RpcServiceBuilder(IEndpointRouteBuilder endpoints, RpcCallHandler handler)
    {
        _endpoints = endpoints;
        _handler = handler;
    }

    /// <summary>
    /// The largest request message, in bytes, of methods mapped after it is set; 16 MiB by default: control messages are small,
    /// and a length prefix must not make a server reserve what it cannot spare.
    /// </summary>
    public int MessageBytesMax { get; set; } = RpcLimits.MessageBytesMax;

    /// <summary>One request, one response.</summary>
    public RpcServiceBuilder Unary<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method, Func<TRequest, RpcServerContext, Task<TResponse>> handler)
    {
        var bytesMax = MessageBytesMax;
        return Map(method.Path, isStreaming: false, async context =>
        {
            var request = await RequestStream<TRequest>.ReadSingleAsync(context, method.RequestMarshaller, bytesMax);
            WriteSingle(context, method, await handler(request, context));
        });
    }

    /// <summary>One request, any number of responses.</summary>
    public RpcServiceBuilder ServerStream<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method, Func<TRequest, RpcServerContext, IAsyncEnumerable<TResponse>> handler)
    {
        var bytesMax = MessageBytesMax;
        return Map(method.Path, isStreaming: true, async context =>
        {
            var request = await RequestStream<TRequest>.ReadSingleAsync(context, method.RequestMarshaller, bytesMax);
            await WriteAllAsync(context, method, handler(request, context));
        });
    }

    /// <summary>Any number of requests, one response.</summary>
    public RpcServiceBuilder ClientStream<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method, Func<IAsyncEnumerable<TRequest>, RpcServerContext, Task<TResponse>> handler)
    {
        var bytesMax = MessageBytesMax;
        return Map(method.Path, isStreaming: true, async context =>
        {
            var requests = new RequestStream<TRequest>(context, method.RequestMarshaller, bytesMax);
            WriteSingle(context, method, await handler(requests, context));
        });
    }

    /// <summary>Any number of requests and responses, independent of each other.</summary>
    public RpcServiceBuilder Duplex<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method,
        Func<IAsyncEnumerable<TRequest>, RpcServerContext, IAsyncEnumerable<TResponse>> handler)
    {
        var bytesMax = MessageBytesMax;
        return Map(method.Path, isStreaming: true, context =>
        {
            var requests = new RequestStream<TRequest>(context, method.RequestMarshaller, bytesMax);
            return WriteAllAsync(context, method, handler(requests, context));
        });
    }

    /// <summary>
    /// A duplex call whose messages the handler reads and writes itself. The handler is not cancelled when the server stops:
    /// it watches <see cref="RpcServerContext.Stopping"/> and finishes what it has.
    /// </summary>
    public RpcServiceBuilder RawDuplex(RpcRawMethod method, Func<RawServerCall, Task> handler)
    {
        var bytesMax = MessageBytesMax;
        return Map(method.Path, isStreaming: false, async context =>
        {
            // The caller learns at once that its stream is open, not only with the first answer.
            var call = new RawServerCall(context, bytesMax);
            await call.FlushAsync(context.CancellationToken);
            await handler(call);
        });
    }

    private RpcServiceBuilder Map(string path, bool isStreaming, Func<RpcServerContext, Task> body)
    {
        var handler = _handler;
        _endpoints.MapMethods(path, [HttpMethods.Post], http => handler.HandleAsync(http, body, isStreaming))
            .WithDisplayName("rpc " + path);
        return this;
    }

    private static void WriteSingle<TRequest, TResponse>(
        RpcServerContext context, RpcMethod<TRequest, TResponse> method, TResponse response) =>
        MessageWriter.Write(context.Http.Response.BodyWriter, method.ResponseMarshaller, response);

    private static Task WriteAllAsync<TRequest, TResponse>(
        RpcServerContext context, RpcMethod<TRequest, TResponse> method, IAsyncEnumerable<TResponse> responses) =>
        MessageWriter.WriteAllAsync(
            responses, context.Http.Response.BodyWriter, method.ResponseMarshaller, context.CancellationToken);
}
