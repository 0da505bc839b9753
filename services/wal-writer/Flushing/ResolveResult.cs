namespace Spillway.WalWriter.Flushing;

/// <summary>What an answer of metadata meant.</summary>
internal enum ResolveResult
{
    /// <summary>The block it is about was resolved before, or the epoch has ended.</summary>
    Ignored,

    /// <summary>The oldest block is committed, and its appends are to be answered.</summary>
    Resolved,

    /// <summary>The oldest block is not committed, or the answer makes no sense.</summary>
    Refused,
}
