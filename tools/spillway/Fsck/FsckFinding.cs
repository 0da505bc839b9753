namespace Spillway.Tool.Fsck;

/// <summary>One thing that is not as it should be.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Place">The key, file or log.</param>
/// <param name="Reason">What was found.</param>
internal sealed record FsckFinding(FsckKind Kind, string Place, string Reason)
{
    public bool IsDamage => Kind is not FsckKind.Unknown and not FsckKind.Garbage;
}
