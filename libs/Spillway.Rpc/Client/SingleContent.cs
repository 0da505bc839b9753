using System.IO.Pipelines;
using System.Net;

namespace Spillway.Rpc;

/// <summary>The body of a request with one message. Can be sent again, as the HTTP handler does when a connection turns out closed.</summary>
internal sealed class SingleContent<T>(IRpcMarshaller<T> marshaller, T request) : HttpContent
{
    private static readonly StreamPipeWriterOptions WriterOptions = new(minimumBufferSize: 4 << 10, leaveOpen: true);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(
        Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var output = PipeWriter.Create(stream, WriterOptions);
        try
        {
            MessageWriter.Write(output, marshaller, request);
            await output.FlushAsync(cancellationToken);
        }
        finally
        {
            await output.CompleteAsync();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = MessagePrefix.LengthBytes + marshaller.GetLengthBytes(request);
        return true;
    }
}
