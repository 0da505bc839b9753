using Spillway.Storage.Wal;

namespace Spillway.WalWriter.Flushing;

/// <summary>An open segment with what the pipeline keeps about it. The pipeline's lock guards what changes.</summary>
internal sealed class WriterSegment(IWalSegmentAppender appender, VolumeSlot slot)
{
    public IWalSegmentAppender Appender { get; } = appender;

    public VolumeSlot Slot { get; } = slot;

    public string Volume => Slot.Volume.Name;

    public long SegmentId => Appender.SegmentId;

    /// <summary>When its first block was placed: its age, for rolling, counts from there.</summary>
    public long FirstBlockTimestamp { get; set; }

    /// <summary>Blocks placed here that metadata has not answered yet.</summary>
    public int UnresolvedCount { get; set; }

    /// <summary>It takes no more blocks, and is sealed once the last of those it has is resolved.</summary>
    public bool IsRetired { get; set; }

    /// <summary>It failed or was sealed by metadata: blocks in it that are not proposed yet have to move.</summary>
    public bool IsAbandoned { get; set; }

    /// <summary>Metadata has confirmed the seal.</summary>
    public bool IsSealed { get; set; }
}
