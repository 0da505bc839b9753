using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Spillway.Kafka.Buffers;
using Spillway.Kafka.Wire;
using Spillway.Rpc;

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
    private bool _readingEnded;
    private bool _previousMustFinish;

    public KafkaConnection(
        ConnectionContext transport, RequestDispatcher dispatcher, BufferPool pool, ByteBudget budget, int frameBytesMax, TimeProvider time, ILogger logger)
    {
        _transport = transport;
        _dispatcher = dispatcher;
        _budget = budget;
        _frames = new FrameReader(pool, budget, frameBytesMax);
        _time = time;
        _lastActivityTimestamp = time.GetTimestamp();
        _logger = logger;
        _aborted = CancellationTokenSource.CreateLinkedTokenSource(transport.ConnectionClosed);
        RemoteAddress = (transport.RemoteEndPoint as IPEndPoint)?.Address;
        RemotePort = (transport.RemoteEndPoint as IPEndPoint)?.Port ?? 0;
    }

    public string Id => _transport.ConnectionId;

    public IPAddress? RemoteAddress { get; }

    /// <summary>0 where the transport has none.</summary>
    public int RemotePort { get; }

    public CancellationToken Aborted => _aborted.Token;

    public TimeProvider Time => _time;

    /// <summary>What handlers keep with a connection (the writer of its produces, for one); each kind has one slot.</summary>
    public ConnectionState State { get; } = new();

    /// <summary>Set by whoever has ended a request: the answers that are due are written, on that thread.</summary>
    public InlineSignal Answers { get; } = new();

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
            Volatile.Write(ref _readingEnded, true);
            Answers.Set();
            await responder.ConfigureAwait(false);
        }
    }

    /// <summary>How long nothing was asked or answered; zero while a request is being served.</summary>
    public TimeSpan IdleTime => Volatile.Read(ref _unansweredCount) > 0
        ? TimeSpan.Zero
        : _time.GetElapsedTime(Volatile.Read(ref _lastActivityTimestamp));

    /// <summary>Lets the responder look for requests that have taken too long.</summary>
    public void CheckTimeouts()
    {
        if (Volatile.Read(ref _unansweredCount) > 0)
        {
            Answers.Set();
        }
    }

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
        var input = _transport.Transport.Input;
        try
        {
            while (true)
            {
                var result = await input.ReadAsync(Aborted).ConfigureAwait(false);
                var left = result.Buffer.Slice(result.Buffer.End);
                try
                {
                    left = await TakeFramesAsync(result.Buffer).ConfigureAwait(false);
                }
                finally
                {
                    input.AdvanceTo(left.Start, left.End);
                }

                if (Volatile.Read(ref _stopReading) && _frames.LengthBytes == 0)
                {
                    return;
                }

                if (result.IsCompleted)
                {
                    _frames.CheckEnd(left.Length);
                    return;
                }
            }
        }
        finally
        {
            _frames.Abandon();
        }
    }

    /// <summary>Begins every request that is whole. What is left is less than a length, or not to be read any more.</summary>
    private async ValueTask<ReadOnlySequence<byte>> TakeFramesAsync(ReadOnlySequence<byte> bytes)
    {
        while (true)
        {
            switch (_frames.Take(ref bytes))
            {
                case FrameStep.NeedsBytes:
                    return bytes;
                case FrameStep.NeedsBudget:
                    await _budget.AcquireAsync(_frames.LengthBytes, Aborted).ConfigureAwait(false);
                    _frames.Admit();
                    break;
                default:
                    await DispatchAsync(_frames.TakeFrame()).ConfigureAwait(false);
                    if (Volatile.Read(ref _stopReading))
                    {
                        return bytes;
                    }

                    break;
            }
        }
    }

    private async ValueTask DispatchAsync(SharedBuffer frame)
    {
        var pending = Read(frame);
        var waits = pending.Order == RequestOrder.AfterPrevious;
        if (waits || _previousMustFinish)
        {
            await WhenAllAnsweredAsync().ConfigureAwait(false);
        }

        _previousMustFinish = waits;
        Volatile.Write(ref _lastActivityTimestamp, _time.GetTimestamp());
        Interlocked.Increment(ref _unansweredCount);

        // Its place first: it may be done before Begin returns.
        if (!_pending.Writer.TryWrite(pending))
        {
            await _pending.Writer.WriteAsync(pending, CancellationToken.None).ConfigureAwait(false);
        }

        pending.Begin();
    }

    private PendingRequest Read(SharedBuffer frame)
    {
        try
        {
            return _dispatcher.Read(this, frame);
        }
        catch
        {
            _budget.Release(frame.Length);
            frame.Release();
            throw;
        }
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

    private void MarkAnswered(SharedBuffer frame)
    {
        _budget.Release(frame.Length);
        frame.Release();
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

    // Mostly runs on the thread that had the results, within Answers.Set: one flush for all that are done by then.
    private async Task RespondAsync()
    {
        var output = _transport.Transport.Output;
        var usable = true;
        while (true)
        {
            var hasAnswered = false;
            var hasEnded = Volatile.Read(ref _readingEnded);
            while (_pending.Reader.TryPeek(out var pending) && (pending.IsDone || pending.TryGiveUp()))
            {
                _pending.Reader.TryRead(out _);
                var frame = pending.Frame;
                usable = await AnswerAsync(output, pending, usable).ConfigureAwait(false);
                MarkAnswered(frame);
                pending.Return();
                hasAnswered = true;
            }

            if (usable && hasAnswered)
            {
                usable = await FlushAsync(output).ConfigureAwait(false);
            }

            if (hasEnded && Volatile.Read(ref _unansweredCount) == 0)
            {
                return;
            }

            await Answers.WaitAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask<bool> AnswerAsync(PipeWriter output, PendingRequest pending, bool usable)
    {
        try
        {
            return pending.WriteAnswer(usable ? output : null) ? await CloseAsync(output).ConfigureAwait(false) : usable;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
#pragma warning disable CA1031 // A handler that throws is a bug; the order of answers cannot be kept without its answer.
        catch (Exception bug)
#pragma warning restore CA1031
        {
            LogBug(_logger, bug, pending, Id);
            return await CloseAsync(output).ConfigureAwait(false);
        }
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

    [LoggerMessage(1011, LogLevel.Error, "{Request} on connection {ConnectionId} failed by a bug; closing it")]
    private static partial void LogBug(ILogger logger, Exception bug, PendingRequest request, string connectionId);
}
