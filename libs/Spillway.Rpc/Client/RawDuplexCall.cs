using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Spillway.Rpc;

/// <summary>
/// The client's side of a raw duplex call. Messages go out in the order of the calls of <see cref="WriteAsync"/>, from any thread;
/// responses are read by one reader.
/// </summary>
public sealed class RawDuplexCall : IAsyncDisposable
{
    private readonly ClientCall _call;
    private readonly RawContent _content;
    private readonly Task _started;

    internal RawDuplexCall(
        RpcChannel channel, HttpMessageInvoker http, RpcRawMethod method, RpcMetadata? headers, CancellationToken cancellationToken)
    {
        _call = new ClientCall(channel, method.Path, timeout: null, cancellationToken);
        _content = new RawContent(_call);
        _started = StartAsync(http, headers);
    }

    /// <summary>The response that <see cref="ReadAsync"/> moved to; valid until it is called again.</summary>
    public ReadOnlySequence<byte> Current => _call.Current;

    /// <summary>Whether the server has begun its answer: it has accepted the call, and nothing more.</summary>
    public bool IsAnswered => _started.IsCompletedSuccessfully;

    /// <summary>
    /// Queues one message: <paramref name="header"/>, which is copied, and then the parts of <paramref name="payload"/>, which are not.
    /// The task completes when the bytes have been handed to the transport and the payload's memory may be used again, or
    /// fails, with the same meaning for the memory. Order is fixed before the method returns.
    /// </summary>
    public Task WriteAsync(ReadOnlySpan<byte> header, IReadOnlyList<ReadOnlyMemory<byte>> payload)
    {
        var completion = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _content.Write(new RawMessage(header, payload, failure =>
        {
            if (failure is null)
            {
                completion.SetResult();
                return;
            }
            completion.SetException(failure);
            // A caller that has gone on need not look: the call itself tells of its end.
            _ = completion.Task.Exception;
        }));
        return completion.Task;
    }

    /// <summary>
    /// The same, for a caller that only has the payload's memory to give back: <paramref name="payloadOwner"/> is disposed when
    /// the bytes have been handed over or never will be, on the thread that finds out.
    /// </summary>
    public void Write(
        ReadOnlySpan<byte> header, IReadOnlyList<ReadOnlyMemory<byte>> payload, IDisposable payloadOwner) =>
        _content.Write(new RawMessage(header, payload, _ => payloadOwner.Dispose()));

    /// <summary>The same for a message that is copied whole.</summary>
    public void Write(ReadOnlySpan<byte> message) => _content.Write(new RawMessage(message, [], static _ => { }));

    /// <summary>Says that no more messages come; what is queued still goes out.</summary>
    public void CompleteRequests() => _content.Complete();

    /// <summary>The next response; false when the server ended the call with Ok, an exception when it ended otherwise.</summary>
    public async ValueTask<bool> ReadAsync()
    {
        await _started;
        return await _call.MoveNextAsync();
    }

    /// <summary>Ends the call: reads and queued writes fail. May be called from any thread, before <see cref="DisposeAsync"/>.</summary>
    public void Cancel() => _call.Cancel();

    /// <summary>
    /// Ends the call; nobody may be reading. On return no payload is in use any more, and every write has completed or failed.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        _call.Cancel();
        await _started.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _content.StopAsync();
        await _call.DisposeAsync();
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "The content is sent with the request and owns no resource.")]
    private async Task StartAsync(HttpMessageInvoker http, RpcMetadata? headers)
    {
        try
        {
            await _call.StartAsync(http, _content, headers);
        }
        catch (Exception e)
        {
            // Nothing may have been sent at all: then nobody else would fail what is queued.
            _content.Fail(e);
            _call.Cancel();
            throw;
        }
    }
}
