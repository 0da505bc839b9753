namespace Spillway.WalWriter.Volumes;

/// <summary>One call on a volume until it comes back. <see cref="VolumeCalls"/> has its fields while it is pending; a lane uses one again and again.</summary>
internal sealed class VolumeCall(string kind)
{
    /// <summary>What was asked of the volume, for the log.</summary>
    public string Kind { get; } = kind;

    public long StartTimestamp { get; set; }

    /// <summary>The volume answers others; that this one does not come back says nothing of it any more.</summary>
    public bool IsWrittenOff { get; set; }
}
