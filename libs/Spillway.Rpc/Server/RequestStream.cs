using System.Runtime.CompilerServices;

namespace Spillway.Rpc;

/// <summary>The requests of a streaming call, read as the handler asks for them. Enumerable once.</summary>
internal sealed class RequestStream<T>(
    RpcServerContext context, IRpcMarshaller<T> marshaller, int messageBytesMax) : IAsyncEnumerable<T>
{
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        ReadAllAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);

    private async IAsyncEnumerable<T> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, context.CancellationToken);
        var reader = CreateReader(context, messageBytesMax);
        while (await reader.MoveNextAsync(linked.Token))
        {
            yield return marshaller.Read(reader.Current);
        }
    }

    /// <summary>Reads the one request of a call that has one.</summary>
    public static async ValueTask<T> ReadSingleAsync(
        RpcServerContext context, IRpcMarshaller<T> marshaller, int messageBytesMax)
    {
        try
        {
            var reader = CreateReader(context, messageBytesMax);
            if (!await reader.MoveNextAsync(context.CancellationToken))
            {
                throw new RpcException(RpcStatusCode.Internal, "The request has no message.");
            }
            var request = marshaller.Read(reader.Current);
            return await reader.MoveNextAsync(context.CancellationToken)
                ? throw new RpcException(RpcStatusCode.Internal, "The request has more than one message.")
                : request;
        }
        catch (IOException e)
        {
            // The caller gave up before its request was read: nothing failed here.
            throw new RpcException(RpcStatusCode.Cancelled, "The caller went away.", e);
        }
    }

    private static MessageReader CreateReader(RpcServerContext context, int messageBytesMax)
    {
        var request = context.Http.Request;
        return new MessageReader(request.BodyReader, messageBytesMax, request.Headers[GrpcHeaders.Encoding]);
    }
}
