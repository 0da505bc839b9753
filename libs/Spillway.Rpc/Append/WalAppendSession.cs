using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Spillway.Kafka.Buffers;

namespace Spillway.Rpc.Append;

/// <summary>
/// One append stream at the writer: reads requests ahead within the bounds, hands them on in order, and answers in order as they
/// complete, on the thread that completes them. Owns the stream it hands them to. When the server stops it reads no more, answers
/// what it has and ends.
/// </summary>
internal sealed class WalAppendSession
{
    private const int SpareMax = 64;

    private readonly RawServerCall _call;
    private readonly IAppendStream _stream;
    private readonly InFlightBytes _inFlight;
    private readonly InFlightBytes _places;

    // Of the requests that are not answered, in order: at most as many as there are places.
    private readonly ConcurrentQueue<SubmittedAppend> _submitted = new();
    private readonly ConcurrentQueue<SubmittedAppend> _spare = new();
    private readonly InlineSignal _answers = new();
    private readonly TimeSpan _messageTimeout;
    private volatile bool _readingEnded;

    public WalAppendSession(RawServerCall call, IAppendStream stream, WalAppendOptions options)
    {
        _call = call;
        _stream = stream;
        _messageTimeout = options.MessageTimeout;
        _inFlight = new InFlightBytes(options.InFlightBytesMax);
        _places = new InFlightBytes(options.InFlightRequestsMax);
    }

    public async Task RunAsync()
    {
        // Who opened the stream learns at once whether appends are taken here, before it sends one whose outcome it would not know.
        if (_stream.IsBroken)
        {
            throw Broken();
        }
        await _call.FlushAsync(_call.Context.CancellationToken);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(
            _call.Context.CancellationToken, _call.Context.Stopping);
        var answering = AnswerAsync(stop);
        var reading = ReadAsync(stop.Token);
        // Reading ends first or is stopped by a failure of answering; either way every submitted append is waited for.
        await Task.WhenAll(reading, answering);
    }

    /// <summary>Some appends have ended.</summary>
    public void OnSettled() => _answers.Set();

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        var lastId = 0ul;
        using var slow = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            while (await _call.ReadLengthAsync(cancellationToken) is var lengthBytes and >= 0)
            {
                // Room in this stream's share and then in the writer's: until there is, the bytes stay where they are, and the sender's
                // windows run dry.
                await _inFlight.AcquireAsync(lengthBytes, cancellationToken);
                await _places.AcquireAsync(1, cancellationToken);
                if (!await _stream.ReserveAsync(lengthBytes, cancellationToken))
                {
                    throw Broken();
                }

                // One reference is ours for the reading; the stream takes its own in Append.
                using var message = BufferPool.Shared.Rent(lengthBytes);
                await ReadMessageAsync(message.Memory, slow);
                var (id, request) = AppendRequestFormat.Read(message);
                if (id <= lastId)
                {
                    throw new RpcException(RpcStatusCode.InvalidArgument, $"The id {id} does not follow {lastId}.");
                }
                lastId = id;
                Submit(id, lengthBytes, request);
                if (_stream.IsBroken)
                {
                    throw Broken();
                }
            }
        }
        catch (OperationCanceledException) when (slow.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new RpcException(RpcStatusCode.DeadlineExceeded, "A request did not arrive whole in time.");
        }
        finally
        {
            _readingEnded = true;
            _answers.Set();
        }
    }

    private async ValueTask ReadMessageAsync(Memory<byte> destination, CancellationTokenSource slow)
    {
        var reading = _call.ReadMessageAsync(destination, slow.Token);
        if (reading.IsCompleted)
        {
            await reading;
            return;
        }

        // The timer is set only where there is something to wait for.
        slow.CancelAfter(_messageTimeout);
        await reading;
        slow.CancelAfter(Timeout.InfiniteTimeSpan);
    }

    // Everything from here on would be refused: the caller learns it and opens another stream.
    private static RpcException Broken() => new(RpcStatusCode.Unavailable, "The writer takes no more on this stream.");

    private void Submit(ulong id, int lengthBytes, AppendRequest request)
    {
        if (!_spare.TryDequeue(out var submitted))
        {
            submitted = new SubmittedAppend(this);
        }
        submitted.Begin(id, lengthBytes);
        // Its place first: it may have ended before Append returns.
        _submitted.Enqueue(submitted);
        try
        {
            _stream.Append(request, submitted);
        }
        catch
        {
            // Nobody will end it; what came before is still answered, and this and all after it have an unknown outcome.
            submitted.Abandon();
            throw;
        }
    }

    private async Task AnswerAsync(CancellationTokenSource stop)
    {
        var isUsable = true;
        Exception? failure = null;
        while (true)
        {
            var hasEnded = _readingEnded;
            var hasAnswered = false;
            while (_submitted.TryPeek(out var next) && next.IsDone)
            {
                _submitted.TryDequeue(out _);
                isUsable = isUsable && !next.IsAbandoned;
                if (isUsable)
                {
                    Answer(next);
                    hasAnswered = true;
                }
                Return(next);
            }
            if (hasAnswered && isUsable)
            {
                try
                {
                    await _call.FlushAsync(_call.Context.CancellationToken);
                }
                catch (Exception e)
                {
                    // The reader is to end, and no append may be left unobserved.
                    (failure, isUsable) = (e, false);
                    await stop.CancelAsync();
                }
            }
            if (hasEnded && _submitted.IsEmpty)
            {
                break;
            }
            await _answers.WaitAsync();
        }
        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    private void Answer(SubmittedAppend append)
    {
        var replyBytes = AppendReplyFormat.GetBytes(append.Id, append.Error, append.Results);
        AppendReplyFormat.Write(append.Id, append.Error, append.Results, _call.Reserve(replyBytes));
        _call.Commit(replyBytes);
    }

    private void Return(SubmittedAppend append)
    {
        _inFlight.Release(append.LengthBytes);
        _places.Release(1);
        if (_spare.Count < SpareMax)
        {
            _spare.Enqueue(append);
        }
    }
}
