using System.IO.Pipelines;
using System.Net;
using System.Runtime.CompilerServices;

namespace Spillway.Rpc;

/// <summary>The body of a request with any number of messages. Sent once: what was taken from the source is gone.</summary>
internal sealed class StreamContent<T>(ClientCall call, IRpcMarshaller<T> marshaller, IAsyncEnumerable<T> requests) : HttpContent
{
    private static readonly StreamPipeWriterOptions WriterOptions = new(minimumBufferSize: 16 << 10, leaveOpen: true);

    private bool _isStarted;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(
        Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (_isStarted)
        {
            throw new RpcException(RpcStatusCode.Unavailable, "The connection closed under a stream of requests.");
        }
        _isStarted = true;
        // Headers first: the server's answer may not depend on a request.
        await stream.FlushAsync(cancellationToken);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, call.Ended);
        var output = PipeWriter.Create(stream, WriterOptions);
        try
        {
            await MessageWriter.WriteAllAsync(Watch(stop.Token), output, marshaller, stop.Token);
        }
        finally
        {
            await output.CompleteAsync();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    // Keeps a failure of the source apart from one of the transport.
    private async IAsyncEnumerable<T> Watch(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var source = requests.GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            try
            {
                if (!await source.MoveNextAsync())
                {
                    break;
                }
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                call.RequestFailure = e;
                throw;
            }
            yield return source.Current;
        }
    }
}
