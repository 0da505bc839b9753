using Spillway.Rpc.Commit;

namespace Spillway.Metadata.Segments;

/// <summary>
/// The blocks of one writer epoch that were applied, with the answers to the last of them: what makes a retried commit give
/// the same offsets (P2).
/// </summary>
internal sealed class AppliedBlocks
{
    /// <summary>How many answers are kept. A writer never has more blocks in flight (said in wal_commit.proto).</summary>
    public const int ResultsKept = 64;

    private readonly BlockOutcome?[] _outcomes = new BlockOutcome?[ResultsKept];

    /// <summary>0 before the first.</summary>
    public long LastSeq { get; set; }

    public void Add(BlockOutcome outcome)
    {
        Restore(outcome);
        LastSeq = outcome.BlockSeq;
    }

    /// <summary>As a snapshot has it; <see cref="LastSeq"/> is restored by itself.</summary>
    public void Restore(BlockOutcome outcome) => _outcomes[outcome.BlockSeq % ResultsKept] = outcome;

    /// <summary>The answer to an applied block, or null when it is too old.</summary>
    public BlockOutcome? Find(long blockSeq) =>
        blockSeq > LastSeq - ResultsKept && blockSeq <= LastSeq ? _outcomes[blockSeq % ResultsKept] : null;

    /// <summary>The kept answers, oldest first.</summary>
    public IEnumerable<BlockOutcome> Kept()
    {
        for (var seq = Math.Max(1, LastSeq - ResultsKept + 1); seq <= LastSeq; seq++)
        {
            if (Find(seq) is { } outcome)
            {
                yield return outcome;
            }
        }
    }
}
