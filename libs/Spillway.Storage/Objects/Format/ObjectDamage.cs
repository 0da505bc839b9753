namespace Spillway.Storage.Objects.Format;

/// <summary>What <see cref="ObjectVerifier"/> found wrong with an object.</summary>
/// <param name="Site">What of it.</param>
/// <param name="Position">The first bad byte's block, or the index, or the footer: where it begins in the object, in bytes.</param>
/// <param name="Reason">In words, for an operator.</param>
public sealed record ObjectDamage(ObjectDamageSite Site, long Position, string Reason)
{
    /// <summary>The damaged data blocks, in order of position; where there are very many, the first of them.</summary>
    public IReadOnlyList<DataBlockEntry> Blocks { get; init; } = [];

    /// <summary>How many data blocks are damaged.</summary>
    public int BlockCount { get; init; }

    /// <summary>Data blocks of the object, damaged or not; 0 where its index cannot be read.</summary>
    public int BlockTotal { get; init; }

    internal bool IsAsBefore(ObjectDamage before) => (Site, Position, BlockCount) == (before.Site, before.Position, before.BlockCount);
}
