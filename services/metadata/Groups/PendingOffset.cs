namespace Spillway.Metadata.Groups;

/// <summary>An offset that counts once its transaction is committed.</summary>
/// <param name="Offset">What was committed.</param>
/// <param name="Order">
/// Log index of its command: of two for a partition the one written later counts, whichever transaction ends first. 0: a later one counts
/// already.
/// </param>
internal readonly record struct PendingOffset(CommittedOffset Offset, long Order);
