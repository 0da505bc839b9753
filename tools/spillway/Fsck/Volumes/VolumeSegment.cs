namespace Spillway.Tool.Fsck.Volumes;

/// <summary>Something that lies on a volume where segments lie.</summary>
/// <param name="Volume">The volume's name.</param>
/// <param name="Path">Its path below the volume's, as metadata gives paths out.</param>
/// <param name="SizeBytes">Its bytes, all objects of a segment together.</param>
/// <param name="LastModified">When it was last written to.</param>
internal sealed record VolumeSegment(string Volume, string Path, long SizeBytes, DateTimeOffset LastModified)
{
    /// <summary>As a finding names it.</summary>
    public string Place => $"{Volume}:{Path}";
}
