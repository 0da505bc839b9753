using System.Threading.Channels;
using Spillway.Kafka.Buffers;

namespace Spillway.Rpc.Append;

/// <summary>
/// One append stream at the writer: reads requests ahead within the bounds, hands them on in order, and answers in order as they
/// complete. Owns the stream it hands them to. When the server stops it reads no more, answers what it has and ends.
/// </summary>
internal sealed class WalAppendSession
{
    private readonly RawServerCall _call;
    private readonly IAppendStream _stream;
    private readonly InFlightBytes _inFlight;
    private readonly Channel<Submitted> _submitted;

    public WalAppendSession(RawServerCall call, IAppendStream stream, WalAppendOptions options)
    {
        _call = call;
        _stream = stream;
        _inFlight = new InFlightBytes(options.InFlightBytesMax);
        _submitted = Channel.CreateBounded<Submitted>(
            new BoundedChannelOptions(options.InFlightRequestsMax) { SingleReader = true, SingleWriter = true });
    }

    public async Task RunAsync()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(
            _call.Context.CancellationToken, _call.Context.Stopping);
        var answering = AnswerAsync(stop);
        var reading = ReadAsync(stop.Token);
        // Reading ends first or is stopped by a failure of answering; either way every submitted append is waited for.
        await Task.WhenAll(reading, answering);
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        var lastId = 0ul;
        try
        {
            while (await _call.ReadLengthAsync(cancellationToken) is var lengthBytes and >= 0)
            {
                await _inFlight.AcquireAsync(lengthBytes, cancellationToken);
                // One reference is ours for the reading; the stream takes its own in AppendAsync.
                using var message = BufferPool.Shared.Rent(lengthBytes);
                await _call.ReadMessageAsync(message.Memory, cancellationToken);
                var (id, request) = AppendRequestFormat.Read(message);
                if (id <= lastId)
                {
                    throw new RpcException(RpcStatusCode.InvalidArgument, $"The id {id} does not follow {lastId}.");
                }
                lastId = id;
                // An append outlives its caller: whoever waits for it may go, the block is written all the same.
                var result = _stream.AppendAsync(request, CancellationToken.None).AsTask();
                await _submitted.Writer.WriteAsync(new Submitted(id, lengthBytes, result), CancellationToken.None);
                if (_stream.IsBroken)
                {
                    // Everything from here on would be refused: the caller learns it and opens another stream.
                    throw new RpcException(RpcStatusCode.Unavailable, "The writer takes no more on this stream.");
                }
            }
        }
        finally
        {
            _submitted.Writer.TryComplete();
        }
    }

    private async Task AnswerAsync(CancellationTokenSource stop)
    {
        try
        {
            while (await _submitted.Reader.WaitToReadAsync(CancellationToken.None))
            {
                while (_submitted.Reader.TryRead(out var next))
                {
                    if (!next.Result.IsCompleted)
                    {
                        await _call.FlushAsync(_call.Context.CancellationToken);
                    }
                    var result = await next.Result;
                    var replyBytes = AppendReplyFormat.GetBytes(next.Id, result);
                    AppendReplyFormat.Write(next.Id, result, _call.Reserve(replyBytes));
                    _call.Commit(replyBytes);
                    _inFlight.Release(next.LengthBytes);
                }
                await _call.FlushAsync(_call.Context.CancellationToken);
            }
        }
        catch
        {
            await stop.CancelAsync();
            await DrainAsync();
            throw;
        }
    }

    // The reader may be waiting for room in the channel, and no append may be left unobserved.
    private async Task DrainAsync()
    {
        await foreach (var next in _submitted.Reader.ReadAllAsync(CancellationToken.None))
        {
            await ((Task)next.Result).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private readonly record struct Submitted(ulong Id, int LengthBytes, Task<AppendResult> Result);
}
