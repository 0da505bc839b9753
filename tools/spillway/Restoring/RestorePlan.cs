namespace Spillway.Tool.Restoring;

/// <summary>What a restore would begin with, and what it would find.</summary>
/// <param name="ClusterId">The lost cluster's id, 32 hexadecimal digits.</param>
/// <param name="Copy">The key of the newest whole copy; null: there is none.</param>
/// <param name="CopyTimeMs">When it was taken, in ms since 1970.</param>
/// <param name="Incarnation">The incarnation that the copy is of.</param>
/// <param name="NextIncarnation">The incarnation that a restore would begin.</param>
/// <param name="LeftOut">Newer copies that cannot be used, and why.</param>
/// <param name="Topics">Topics in the copy.</param>
/// <param name="Partitions">Their partitions.</param>
/// <param name="Groups">Consumer groups.</param>
/// <param name="OpenTransactions">Transactional ids whose transaction was open.</param>
/// <param name="NamedObjects">Objects that the copy's index names.</param>
/// <param name="MissingObjects">Those of them that are not in the store.</param>
/// <param name="LaterObjects">Objects that were stored after the copy.</param>
/// <param name="LaterBytes">Their length together.</param>
/// <param name="Wal">What the copy knows to be in the WAL, volume by volume.</param>
/// <param name="Settings">What to start one metadata node with, beside its usual settings.</param>
internal sealed record RestorePlan(
    string ClusterId,
    string? Copy,
    long CopyTimeMs,
    long Incarnation,
    long NextIncarnation,
    IReadOnlyList<string> LeftOut,
    long Topics,
    long Partitions,
    long Groups,
    IReadOnlyList<string> OpenTransactions,
    int NamedObjects,
    IReadOnlyList<string> MissingObjects,
    long LaterObjects,
    long LaterBytes,
    IReadOnlyList<WalRemains> Wal,
    IReadOnlyList<string> Settings);
