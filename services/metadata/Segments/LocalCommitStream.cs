using Spillway.Metadata.Log;
using Spillway.Raft;
using Spillway.Rpc;
using Spillway.Rpc.Commit;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Segments;

/// <summary>
/// A commit stream as metadata itself serves it: each block goes straight to the log, and answers leave the log's thread by one
/// thread-pool work item, which tells all that are there. The first block that gets no answer breaks it. Thread-safe.
/// </summary>
internal sealed class LocalCommitStream(MetadataNode node, MetadataMetrics metrics, ICommitObserver observer)
    : ICommitStream, IThreadPoolWorkItem
{
    private readonly Lock _lock = new(); // guards what follows
    private readonly Queue<Answer> _answers = new();
    private bool _isTelling;
    private bool _isClosed;

    public void Commit(ReadOnlySpan<byte> request)
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                return;
            }
        }

        try
        {
            var block = new CommitBlockReader(request);
            if (FindFault(ref block) is { } fault)
            {
                throw new RpcException(RpcStatusCode.InvalidArgument, fault);
            }

            node.ProposeBlock(request, new Proposal(this, node.GetTimestamp()));
        }
        catch (RpcException failure)
        {
            Add(new Answer(null, failure, 0));
        }
    }

    public ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _isClosed = true;
            _answers.Clear();
        }

        return ValueTask.CompletedTask;
    }

    void IThreadPoolWorkItem.Execute()
    {
        while (TryTake(out var answer))
        {
            if (answer.Failure is { } failure)
            {
                metrics.CommandFailed(Command.ChangeOneofCase.CommitBlock);
                observer.OnBroken(failure);
            }
            else
            {
                metrics.CommandApplied(Command.ChangeOneofCase.CommitBlock, node.GetElapsedTime(answer.ProposedTimestamp));
                observer.OnAnswered(answer.Outcome!);
            }
        }
    }

    private void Add(in Answer answer)
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                return;
            }

            // Whatever is told of later blocks, nobody waits for it any more.
            _isClosed = answer.Failure is not null;
            _answers.Enqueue(answer);
            if (_isTelling)
            {
                return;
            }

            _isTelling = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private bool TryTake(out Answer answer)
    {
        lock (_lock)
        {
            _isTelling = _answers.TryDequeue(out answer);
            return _isTelling;
        }
    }

    private static string? FindFault(ref CommitBlockReader block)
    {
        if (block.BlockSeq < 1)
        {
            return "Block sequences begin at 1.";
        }

        if (block.PayloadPosition < 0)
        {
            return "A block lies within its segment.";
        }

        while (block.TryReadBatch(out var batch))
        {
            if (batch.Position < 0 || batch.Length <= 0 || batch.RecordCount <= 0)
            {
                return "A batch has a position in its block, bytes and records.";
            }

            if (batch.ProducerEpoch > short.MaxValue)
            {
                return "Producer epochs are 16-bit.";
            }
        }

        return null;
    }

    private readonly record struct Answer(BlockOutcome? Outcome, RpcException? Failure, long ProposedTimestamp);

    private sealed class Proposal(LocalCommitStream stream, long proposedTimestamp) : IProposalObserver
    {
        public void OnCommitted(ulong index, object? result) =>
            stream.Add(new Answer((BlockOutcome)result!, null, proposedTimestamp));

        public void OnFailed(ReplicatedLogException reason) => stream.Add(new Answer(null, LogFailures.ToRpc(reason), 0));
    }
}
