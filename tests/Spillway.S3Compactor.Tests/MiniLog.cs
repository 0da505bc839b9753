namespace Spillway.S3Compactor.Tests;

/// <summary>One log of the miniature.</summary>
internal sealed class MiniLog
{
    public List<MiniEntry> Entries { get; } = [];

    public long NextOffset { get; set; }

    public long RewriteVersion { get; set; }
}
