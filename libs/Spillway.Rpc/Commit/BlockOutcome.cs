using Spillway.Kafka.Errors;
using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Commit;

/// <summary>What metadata says to a block. Immutable: metadata keeps it and gives it to whoever asks again.</summary>
public sealed class BlockOutcome
{
    private readonly BatchOutcome[] _batches;

    private BlockOutcome(CommitStatus status, long blockSeq, long expectedBlockSeq, BatchOutcome[] batches)
    {
        Status = status;
        BlockSeq = blockSeq;
        ExpectedBlockSeq = expectedBlockSeq;
        _batches = batches;
    }

    /// <summary>Whether it is committed, or why not.</summary>
    public CommitStatus Status { get; }

    /// <summary>The block this is about.</summary>
    public long BlockSeq { get; }

    /// <summary>What metadata would take next of the writer epoch; 0 where that does not matter.</summary>
    public long ExpectedBlockSeq { get; }

    /// <summary>One for each batch in order, when committed.</summary>
    public ReadOnlySpan<BatchOutcome> Batches => _batches;

    /// <summary>The block is committed.</summary>
    /// <param name="blockSeq">Its sequence.</param>
    /// <param name="batches">One for each batch, in order; this keeps the array.</param>
    public static BlockOutcome Committed(long blockSeq, BatchOutcome[] batches) =>
        new(CommitStatus.Committed, blockSeq, blockSeq + 1, batches);

    /// <summary>The block is not committed.</summary>
    public static BlockOutcome Refused(CommitStatus status, long blockSeq, long expectedBlockSeq = 0) =>
        new(status, blockSeq, expectedBlockSeq, []);

    /// <summary>As the generated class has it.</summary>
    public static BlockOutcome Of(CommitBlockReply reply, long blockSeq)
    {
        ArgumentNullException.ThrowIfNull(reply);
        var batches = new BatchOutcome[reply.Results.Count];
        for (var i = 0; i < batches.Length; i++)
        {
            var result = reply.Results[i];
            batches[i] = new BatchOutcome(
                (ErrorCode)result.ErrorCode, result.BaseOffset, result.LogStartOffset, result.Duplicate);
        }
        return new BlockOutcome(reply.Status, blockSeq, reply.ExpectedBlockSeq, batches);
    }

    /// <summary>For where it is stored or looked at; who keeps it knows of which block it is.</summary>
    public CommitBlockReply ToMessage()
    {
        var reply = new CommitBlockReply { Status = Status, ExpectedBlockSeq = ExpectedBlockSeq };
        reply.Results.Capacity = _batches.Length;
        foreach (ref readonly var batch in _batches.AsSpan())
        {
            reply.Results.Add(new BatchCommitResult
            {
                ErrorCode = (int)batch.Error,
                BaseOffset = batch.BaseOffset,
                LogStartOffset = batch.LogStartOffset,
                Duplicate = batch.IsDuplicate,
            });
        }
        return reply;
    }

    internal static BlockOutcome Of(CommitStatus status, long blockSeq, long expectedBlockSeq, BatchOutcome[] batches) =>
        new(status, blockSeq, expectedBlockSeq, batches);
}
