namespace Spillway.WalWriter.Committing;

/// <summary>What the committer does next.</summary>
internal enum CommitAction
{
    /// <summary>Nothing, until something happens.</summary>
    None,

    /// <summary>Ask metadata to commit the block.</summary>
    Propose,

    /// <summary>The oldest proposal was answered: act on the answer.</summary>
    Settle,

    /// <summary>Seal the block's segment and write its blocks elsewhere.</summary>
    Move,
}
