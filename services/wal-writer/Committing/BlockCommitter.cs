using System.Buffers;
using System.Collections.Concurrent;
using Spillway.Rpc;
using Spillway.Rpc.Commit;
using Spillway.Rpc.Contracts;
using Spillway.Storage.Faults;
using Spillway.WalWriter.Flushing;

namespace Spillway.WalWriter.Committing;

/// <summary>
/// Proposes flushed blocks to metadata, strictly in order and several at a time, on the thread that has made the next one durable,
/// and answers their appends on the thread that brings metadata's answer: nothing on a block's way waits for a loop. Whatever is
/// out of the ordinary is left to <see cref="CommitLoop"/>, and nothing is proposed until it is through. Thread-safe.
/// </summary>
internal sealed class BlockCommitter(
    BlockPipeline pipeline, IWalCommitService commits, WriterIdentity identity, WakeSignal wake, WriterEnvironment environment)
{
    // Longer than an election; a stream that says nothing for so long is to a node that is gone.
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(3);

    // Answers wait for the loop where a test may want to lose them.
    private readonly bool _isWatched = environment.FailPoints is not NoFailPoints;
    private readonly ConcurrentQueue<BlockOutcome> _watched = new();

    // Held while blocks are sent, which never waits: the order of messages is the order of sequences. Guards the fields
    // below; the receiver is read without.
    private readonly Lock _sending = new();
    private ICommitStream? _stream;
    private volatile CommitReceiver? _receiver;
    private CommitTrouble? _trouble;

    /// <summary>Blocks that were answered for good; for the loop to see whether there is progress.</summary>
    public long ResolvedCount => pipeline.ResolvedCount;

    /// <summary>Proposes what may be proposed. Called when a block became durable, by any thread.</summary>
    public void Advance()
    {
        lock (_sending)
        {
            while (_stream is { } stream && pipeline.TryPropose(out var block))
            {
                Send(stream, block);
            }
        }
    }

    /// <summary>
    /// Opens a stream in place of the one before, if there was one, sends all blocks again that were proposed and not answered, in
    /// order, and goes on. Idempotent by block sequence: what was applied before is answered the same (P2).
    /// </summary>
    public async Task ReopenAsync()
    {
        ICommitStream? previous;
        lock (_sending)
        {
            previous = _stream;
            var receiver = new CommitReceiver(this);
            _receiver = receiver;
            _trouble = null;
            _watched.Clear();
            _stream = commits.OpenCommitStream(receiver);
            foreach (var block in pipeline.ProposeAgain())
            {
                Send(_stream, block);
            }
        }

        Advance();
        await DisposeAsync(previous);
    }

    /// <summary>Listens to no stream any more; nothing is proposed before <see cref="ReopenAsync"/>.</summary>
    public async Task CloseAsync()
    {
        ICommitStream? previous;
        lock (_sending)
        {
            previous = _stream;
            _stream = null;
            _receiver = null;
            _trouble = null;
        }

        await DisposeAsync(previous);
    }

    /// <summary>Gives up a stream that keeps a block unanswered for too long.</summary>
    public void CheckOverdue()
    {
        if (_receiver is { } receiver && pipeline.IsProposalOverdue(AnswerTimeout))
        {
            OnTrouble(new CommitTrouble(
                receiver, new RpcException(RpcStatusCode.DeadlineExceeded, "A block was not answered in time."), null));
        }
    }

    /// <summary>What the loop has to see to; null for nothing.</summary>
    public CommitTrouble? TakeTrouble()
    {
        lock (_sending)
        {
            var trouble = _trouble;
            _trouble = null;
            return trouble;
        }
    }

    /// <summary>Whether an answer waits for <see cref="SettleWatched"/>; only where there are fail-points.</summary>
    public bool HasWatched => !_watched.IsEmpty;

    /// <summary>Acts on an answer that has passed its fail-point.</summary>
    public void SettleWatched()
    {
        if (_receiver is { } receiver && _watched.TryDequeue(out var outcome))
        {
            Settle(receiver, outcome);
        }
    }

    /// <summary>The answer counts as lost, and so do those behind it.</summary>
    public void LoseWatched(string reason)
    {
        if (_receiver is { } receiver)
        {
            OnTrouble(new CommitTrouble(receiver, new RpcException(RpcStatusCode.Unavailable, reason), null));
        }
    }

    public void OnAnswered(CommitReceiver receiver, BlockOutcome outcome)
    {
        if (receiver != _receiver)
        {
            return;
        }

        if (_isWatched)
        {
            _watched.Enqueue(outcome);
            wake.Set();
            return;
        }

        Settle(receiver, outcome);
    }

    public void OnTrouble(CommitTrouble trouble)
    {
        lock (_sending)
        {
            if (trouble.Receiver != _receiver)
            {
                return;
            }

            pipeline.Hold();
            _trouble ??= trouble;
        }

        wake.Set();
    }

    private void Settle(CommitReceiver receiver, BlockOutcome outcome)
    {
        WriterBlock? block = null;
        var result = ResolveResult.Ignored;
        lock (_sending)
        {
            // Not while blocks are sent: one that was answered meanwhile, late and by the stream before, could be used again as another one.
            if (receiver == _receiver)
            {
                result = pipeline.TryResolve(outcome, out block);
            }
        }

        switch (result)
        {
            case ResolveResult.Resolved:
                environment.Metrics.ProposalAnswered(environment.Time.GetElapsedTime(block!.ProposeTimestamp));
                pipeline.Complete(block, outcome);
                Advance();
                break;
            case ResolveResult.Refused:
                OnTrouble(new CommitTrouble(receiver, null, outcome));
                break;
            default:
                // Of a block that was answered on the stream before this one.
                break;
        }
    }

    private void Send(ICommitStream stream, WriterBlock block)
    {
        var request = block.ToCommit(identity.WriterId);
        var bytes = CommitBlockFormat.GetBytes(request);
        var buffer = ArrayPool<byte>.Shared.Rent(bytes);
        CommitBlockFormat.Write(request, buffer.AsSpan(0, bytes));
        stream.Commit(buffer.AsSpan(0, bytes));
        ArrayPool<byte>.Shared.Return(buffer);
    }

    private static ValueTask DisposeAsync(ICommitStream? stream) => stream?.DisposeAsync() ?? ValueTask.CompletedTask;
}
