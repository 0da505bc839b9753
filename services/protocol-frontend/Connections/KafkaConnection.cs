using System.IO.Pipelines;
using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Spillway.Kafka.Buffers;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Wire;

namespace Spillway.ProtocolFrontend.Connections;

/// <summary>
/// One client connection: reads requests ahead of their results, bounded by byte credits, and answers strictly in request order
/// (leaderless-lessons: muting a connection while a produce is under way is what makes others slow). Two loops own it: the reader
/// and the responder; they meet in the queue of pending requests.
/// </summary>
internal sealed partial class KafkaConnection : IAsyncDisposable
{
    // Requests, not bytes: bytes are bounded by the budget. Idempotent clients keep 5 in flight; others rarely more than this.
    private const int PendingRequestsMax = 256;

    private readonly ConnectionContext _transport;
    private readonly RequestDispatcher _dispatcher;
    private readonly ByteBudget _budget;
    private readonly FrameReader _frames;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _aborted;
    private readonly Channel<PendingRequest> _pending = Channel.CreateBounded<PendingRequest>(
        new BoundedChannelOptions(PendingRequestsMax) { SingleReader = true, SingleWriter = true });

    private readonly Lock _idleLock = new();                        // guards the two fields below
    private int _unansweredCount;
    private TaskCompletionSource? _becameIdle;

    private long _lastActivityTimestamp;
    private bool _stopReading;
    private bool _previousMustFinish;

    public KafkaConnection(
        ConnectionContext transport, RequestDispatcher dispatcher, BufferPool pool, ByteBudget budget, int frameBytesMax, TimeProvider time, ILogger logger)
    {
        _transport = transport;
        _dispatcher = dispatcher;
        _budget = budget;
        _frames = new FrameReader(transport.Transport.Input, pool, budget, frameBytesMax);
        _time = time;
        _lastActivityTimestamp = time.GetTimestamp();
        _logger = logger;
        _aborted = CancellationTokenSource.CreateLinkedTokenSource(transport.ConnectionClosed);
        RemoteAddress = (transport.RemoteEndPoint as IPEndPoint)?.Address;
    }

    public string Id => _transport.ConnectionId;

    public IPAddress? RemoteAddress { get; }

    public CancellationToken Aborted => _aborted.Token;

    /// <summary>What handlers keep with a connection (the writer of its produces, for one); each kind has one slot.</summary>
    public ConnectionState State { get; } = new();

    /// <summary>Serves the connection until the client leaves, sends what is no request, or <see cref="StopReading"/>.</summary>
    public async Task RunAsync()
    {
        var responder = RespondAsync();
        try
        {
            await ReadRequestsAsync().ConfigureAwait(false);
        }
        catch (Exception reason) when (reason is FrameException or MalformedMessageException)
        {
            LogClosed(_logger, Id, RemoteAddress, reason.Message);
        }
        catch (Exception gone) when (gone is OperationCanceledException or ConnectionResetException or ConnectionAbortedException or IOException)
        {
            await _aborted.CancelAsync().ConfigureAwait(false);
        }
        finally
        {
            _pending.Writer.TryComplete();
            await responder.ConfigureAwait(false);
        }
    }

    /// <summary>How long nothing was asked or answered; zero while a request is being served.</summary>
    public TimeSpan IdleTime => Volatile.Read(ref _unansweredCount) > 0
        ? TimeSpan.Zero
        : _time.GetElapsedTime(Volatile.Read(ref _lastActivityTimestamp));

    /// <summary>Takes no further request; what was read is still answered, then the connection closes.</summary>
    public void StopReading()
    {
        Volatile.Write(ref _stopReading, true);
        _transport.Transport.Input.CancelPendingRead();
    }

    public void Abort(string reason)
    {
        LogClosed(_logger, Id, RemoteAddress, reason);
        _transport.Abort(new ConnectionAbortedException(reason));
    }

    public async ValueTask DisposeAsync()
    {
        await _aborted.CancelAsync().ConfigureAwait(false);
        State.Dispose();
        _aborted.Dispose();
    }

    private async Task ReadRequestsAsync()
    {
        while (!Volatile.Read(ref _stopReading))
        {
            var frame = await _frames.ReadAsync(Aborted).ConfigureAwait(false);
            if (frame is null)
            {
                // Null is also a cancelled read: of StopReading, or of nobody who is left.
                return;
            }

            PendingRequest pending;
            try
            {
                pending = await DispatchAsync(frame).ConfigureAwait(false);
            }
            catch
            {
                _budget.Release(frame.Length);
                frame.Release();
                throw;
            }

            await _pending.Writer.WriteAsync(pending, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async ValueTask<PendingRequest> DispatchAsync(SharedBuffer frame)
    {
        var (context, request, handler) = _dispatcher.Decode(this, frame);
        var waits = handler.Order == RequestOrder.AfterPrevious;
        if (waits || _previousMustFinish)
        {
            await WhenAllAnsweredAsync().ConfigureAwait(false);
        }

        _previousMustFinish = waits;
        Volatile.Write(ref _lastActivityTimestamp, _time.GetTimestamp());
        Interlocked.Increment(ref _unansweredCount);
        return new PendingRequest(context, _dispatcher.HandleAsync(handler, context, request));
    }

    private Task WhenAllAnsweredAsync()
    {
        lock (_idleLock)
        {
            if (Volatile.Read(ref _unansweredCount) == 0)
            {
                return Task.CompletedTask;
            }

            _becameIdle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _becameIdle.Task;
        }
    }

    private void MarkAnswered(RequestContext context)
    {
        _budget.Release(context.Frame.Length);
        context.Frame.Release();
        Volatile.Write(ref _lastActivityTimestamp, _time.GetTimestamp());
        TaskCompletionSource? idle = null;
        lock (_idleLock)
        {
            if (Interlocked.Decrement(ref _unansweredCount) == 0)
            {
                idle = _becameIdle;
                _becameIdle = null;
            }
        }

        idle?.TrySetResult();
    }

    private async Task RespondAsync()
    {
        var output = _transport.Transport.Output;
        var usable = true;
        await foreach (var pending in _pending.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
        {
            if (usable && !pending.Answer.IsCompleted)
            {
                usable = await FlushAsync(output).ConfigureAwait(false);
            }

            usable = await AnswerAsync(output, pending, usable).ConfigureAwait(false);
            MarkAnswered(pending.Context);
            if (usable && !_pending.Reader.TryPeek(out _))
            {
                usable = await FlushAsync(output).ConfigureAwait(false);
            }
        }
    }

    private async ValueTask<bool> AnswerAsync(PipeWriter output, PendingRequest pending, bool usable)
    {
        var context = pending.Context;
        Answer answer;
        try
        {
            answer = await pending.Answer.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
#pragma warning disable CA1031 // A handler that throws is a bug; the order of answers cannot be kept without its answer.
        catch (Exception bug)
#pragma warning restore CA1031
        {
            LogBug(_logger, bug, context.ApiKey, context.ApiVersion, Id);
            return await CloseAsync(output).ConfigureAwait(false);
        }

        try
        {
            if (usable && answer.Response is not null)
            {
                ResponseFrame.Write(
                    output, context.ApiKey, answer.Version ?? context.ApiVersion, context.CorrelationId, answer.Response);
            }
        }
        catch (UnwritableMessageException bug)
        {
            LogBug(_logger, bug, context.ApiKey, context.ApiVersion, Id);
            return await CloseAsync(output).ConfigureAwait(false);
        }
        finally
        {
            answer.Lease?.Dispose();
        }

        return answer.ClosesConnection ? await CloseAsync(output).ConfigureAwait(false) : usable;
    }

    private async ValueTask<bool> CloseAsync(PipeWriter output)
    {
        await FlushAsync(output).ConfigureAwait(false);
        StopReading();
        await _aborted.CancelAsync().ConfigureAwait(false);
        return false;
    }

    private async ValueTask<bool> FlushAsync(PipeWriter output)
    {
        try
        {
            var result = await output.FlushAsync(Aborted).ConfigureAwait(false);
            return !result.IsCompleted;
        }
        catch (Exception gone) when (gone is OperationCanceledException or ConnectionResetException or ConnectionAbortedException or IOException or InvalidOperationException)
        {
            await _aborted.CancelAsync().ConfigureAwait(false);
            return false;
        }
    }

    [LoggerMessage(1010, LogLevel.Warning, "Closed connection {ConnectionId} of {RemoteAddress}: {Reason}")]
    private static partial void LogClosed(ILogger logger, string connectionId, IPAddress? remoteAddress, string reason);

    [LoggerMessage(1011, LogLevel.Error, "{ApiKey} v{Version} on connection {ConnectionId} failed by a bug; closing it")]
    private static partial void LogBug(ILogger logger, Exception bug, ApiKey apiKey, short version, string connectionId);
}
