using System.Net;
using System.Threading.Channels;

namespace Spillway.Rpc;

/// <summary>
/// The body of a raw duplex request: drains a queue of messages into the request stream and flushes when it runs dry. The queue has
/// no bound of its own: what it holds is its callers' memory, and they count it. Sent once.
/// </summary>
/// <remarks>
/// HTTP/2's stream has copied what it was given once WriteAsync returns or throws, so a message's memory is given back then and not
/// before: a message that is being written is never failed from outside, it is the write that ends.
/// </remarks>
internal sealed class RawContent(ClientCall call) : HttpContent
{
    private readonly Channel<RawMessage> _queue =
        Channel.CreateUnbounded<RawMessage>(new UnboundedChannelOptions { SingleReader = true });
    private readonly TaskCompletionSource _serialized = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Guards the two fields: either serialization has begun and drains the queue, or it never will.
    private readonly Lock _lock = new();
    private bool _isSerializing;
    private Exception? _failure;

    public void Write(RawMessage message)
    {
        if (!_queue.Writer.TryWrite(message))
        {
            message.Complete(_failure ?? new InvalidOperationException("The requests of this call were completed."));
        }
    }

    public void Complete() => _queue.Writer.TryComplete();

    /// <summary>Refuses new messages and fails the queued ones; one that is being written ends by the call's end.</summary>
    public void Fail(Exception exception)
    {
        lock (_lock)
        {
            _failure ??= exception;
            _queue.Writer.TryComplete();
            if (_isSerializing)
            {
                return;
            }
        }
        FailQueued();
    }

    /// <summary>To be called after the call was cancelled: returns when no message's memory is in use any more.</summary>
    public Task StopAsync()
    {
        Fail(new RpcException(RpcStatusCode.Cancelled, "The call was disposed."));
        lock (_lock)
        {
            return _isSerializing ? _serialized.Task : Task.CompletedTask;
        }
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(
        Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_isSerializing || _failure is not null)
            {
                throw new RpcException(RpcStatusCode.Unavailable, "The connection closed under a stream of requests.", _failure);
            }
            _isSerializing = true;
        }
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, call.Ended);
        try
        {
            await DrainAsync(stream, stop.Token);
        }
        catch (Exception e)
        {
            Fail(call.Translate(e));
            FailQueued();
            throw;
        }
        finally
        {
            _serialized.TrySetResult();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    private async Task DrainAsync(Stream stream, CancellationToken cancellationToken)
    {
        await stream.FlushAsync(cancellationToken);
        while (await _queue.Reader.WaitToReadAsync(cancellationToken))
        {
            while (_queue.Reader.TryRead(out var message))
            {
                try
                {
                    await message.WriteToAsync(stream, cancellationToken);
                }
                catch (Exception e)
                {
                    message.Complete(call.Translate(e));
                    throw;
                }
                message.Complete();
            }
            await stream.FlushAsync(cancellationToken);
        }
    }

    private void FailQueued()
    {
        while (_queue.Reader.TryRead(out var message))
        {
            message.Complete(_failure!);
        }
    }
}
