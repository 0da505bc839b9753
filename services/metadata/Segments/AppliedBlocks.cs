using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Segments;

/// <summary>
/// The blocks of one writer epoch that were applied, with the answers to the last of them: what makes a retried commit give
/// the same offsets (P2).
/// </summary>
internal sealed class AppliedBlocks
{
    /// <summary>How many answers are kept. A writer never has more blocks in flight (said in wal_commit.proto).</summary>
    public const int ResultsKept = 64;

    private readonly CommitBlockReply?[] _replies = new CommitBlockReply?[ResultsKept];

    /// <summary>0 before the first.</summary>
    public long LastSeq { get; set; }

    public void Add(long blockSeq, CommitBlockReply reply)
    {
        _replies[blockSeq % ResultsKept] = reply;
        LastSeq = blockSeq;
    }

    /// <summary>As a snapshot has it; <see cref="LastSeq"/> is restored by itself.</summary>
    public void Restore(long blockSeq, CommitBlockReply reply) => _replies[blockSeq % ResultsKept] = reply;

    /// <summary>The answer to an applied block, or null when it is too old.</summary>
    public CommitBlockReply? Find(long blockSeq) =>
        blockSeq > LastSeq - ResultsKept && blockSeq <= LastSeq ? _replies[blockSeq % ResultsKept] : null;

    /// <summary>The kept answers, oldest first.</summary>
    public IEnumerable<(long BlockSeq, CommitBlockReply Reply)> Kept()
    {
        for (var seq = Math.Max(1, LastSeq - ResultsKept + 1); seq <= LastSeq; seq++)
        {
            if (Find(seq) is { } reply)
            {
                yield return (seq, reply);
            }
        }
    }
}
