using System.Collections.Concurrent;
using Spillway.Kafka.Errors;
using Spillway.Rpc.Commit;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Tests.Commit;

/// <summary>Metadata that answers blocks at once, or when the test says so, with ten times their sequence as offset.</summary>
internal sealed class ScriptedCommitService : IWalCommitService
{
    private readonly ConcurrentQueue<(ICommitObserver Observer, long BlockSeq)> _waiting = new();
    private (long BlockSeq, RpcException Reason)? _break;

    public ConcurrentQueue<long> Taken { get; } = new();

    /// <summary>Nothing is answered before <see cref="AnswerAll"/> or <see cref="FailAll"/>.</summary>
    public bool IsSilent { get; set; }

    public void BreakAt(long blockSeq, RpcException reason) => _break = (blockSeq, reason);

    public void AnswerAll()
    {
        while (_waiting.TryDequeue(out var waiting))
        {
            Answer(waiting.Observer, waiting.BlockSeq);
        }
    }

    public void FailAll()
    {
        while (_waiting.TryDequeue(out var waiting))
        {
            waiting.Observer.OnBroken(new RpcException(RpcStatusCode.Unavailable, "stopping"));
        }
    }

    public async Task UntilTakenAsync(int count, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        while (Taken.Count < count)
        {
            await Task.Delay(1, limit.Token);
        }
    }

    public ICommitStream OpenCommitStream(ICommitObserver observer) => new Stream(this, observer);

    public Task<OpenSegmentReply> OpenSegmentAsync(OpenSegmentRequest request, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<SealSegmentReply> SealSegmentAsync(SealSegmentRequest request, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    private static void Answer(ICommitObserver observer, long blockSeq) => observer.OnAnswered(
        BlockOutcome.Committed(blockSeq, [new BatchOutcome(ErrorCode.None, blockSeq * 10, 0, false)]));

    private sealed class Stream(ScriptedCommitService service, ICommitObserver observer) : ICommitStream
    {
        private bool _isBroken;

        public void Commit(ReadOnlySpan<byte> request)
        {
            var seq = CommitBlockRequest.Parser.ParseFrom(request).BlockSeq;
            if (_isBroken)
            {
                return;
            }

            if (service._break is { } breaking && breaking.BlockSeq == seq)
            {
                _isBroken = true;
                observer.OnBroken(breaking.Reason);
                return;
            }

            service.Taken.Enqueue(seq);
            if (service.IsSilent)
            {
                service._waiting.Enqueue((observer, seq));
            }
            else
            {
                Answer(observer, seq);
            }
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
