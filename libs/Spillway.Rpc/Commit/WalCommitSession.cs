using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Spillway.Kafka.Buffers;
using Spillway.Rpc.Contracts;

namespace Spillway.Rpc.Commit;

/// <summary>
/// One commit stream at metadata: hands blocks on in the order in which they come, and answers in that order, on the thread that has
/// the answers. Ends with the reason why the service's stream broke. When the server stops it reads no more, answers what it has
/// and ends.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "RunAsync is all that is called, once, and disposes of it.")]
internal sealed class WalCommitSession(RawServerCall call, IWalCommitService service) : ICommitObserver
{
    /// <summary>Metadata keeps the results of as many: a sound writer never has more in flight.</summary>
    public const int InFlightMax = 64;

    private readonly ConcurrentQueue<BlockOutcome> _outcomes = new();
    private readonly InlineSignal _answers = new();
    private readonly CancellationTokenSource _broken = new();
    private RpcException? _failure;
    private int _inFlightCount;
    private volatile bool _readingEnded;

    public async Task RunAsync()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(
            call.Context.CancellationToken, call.Context.Stopping, _broken.Token);
        var isStopped = false;
        try
        {
            await using var stream = service.OpenCommitStream(this);
            var answering = AnswerAsync();
            try
            {
                await ReadAsync(stream, stop.Token);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested && !call.Context.CancellationToken.IsCancellationRequested)
            {
                // What is in flight is still answered.
                isStopped = true;
            }
            finally
            {
                _readingEnded = true;
                _answers.Set();
                await answering;
            }
        }
        finally
        {
            _broken.Dispose();
        }
        if (Volatile.Read(ref _failure) is { } failure)
        {
            throw failure;
        }
        if (isStopped)
        {
            throw new RpcException(RpcStatusCode.Unavailable, "Metadata takes no more on this stream.");
        }
    }

    public void OnAnswered(BlockOutcome outcome)
    {
        _outcomes.Enqueue(outcome);
        _answers.Set();
    }

    public void OnBroken(RpcException reason)
    {
        Volatile.Write(ref _failure, reason);
        try
        {
            _broken.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The call has ended by itself.
        }
        _answers.Set();
    }

    private async Task ReadAsync(ICommitStream stream, CancellationToken cancellationToken)
    {
        while (await call.ReadLengthAsync(cancellationToken) is var lengthBytes and >= 0)
        {
            using var message = BufferPool.Shared.Rent(lengthBytes);
            await call.ReadMessageAsync(message.Memory, cancellationToken);
            if (Volatile.Read(ref _inFlightCount) == InFlightMax)
            {
                throw new RpcException(RpcStatusCode.ResourceExhausted, $"More than {InFlightMax} blocks are in flight.");
            }
            Interlocked.Increment(ref _inFlightCount);
            stream.Commit(message.Span);
        }
    }

    // Ends when all that was taken is answered, or never will be.
    private async Task AnswerAsync()
    {
        while (true)
        {
            var isLast = _readingEnded;
            var isBroken = Volatile.Read(ref _failure) is not null;
            var hasAnswered = false;
            while (_outcomes.TryDequeue(out var outcome))
            {
                var replyBytes = CommitReplyFormat.GetBytes(outcome);
                CommitReplyFormat.Write(outcome, call.Reserve(replyBytes));
                call.Commit(replyBytes);
                Interlocked.Decrement(ref _inFlightCount);
                hasAnswered = true;
            }
            if (hasAnswered)
            {
                await call.FlushAsync(call.Context.CancellationToken);
            }
            if (isBroken || (isLast && Volatile.Read(ref _inFlightCount) == 0))
            {
                return;
            }
            await _answers.WaitAsync();
        }
    }
}
