using Spillway.WalWriter.Volumes;

namespace Spillway.WalWriter.Flushing;

/// <summary>One volume as one epoch uses it. The pipeline's lock guards what changes.</summary>
internal sealed class VolumeSlot(WriterVolume volume)
{
    public WriterVolume Volume { get; } = volume;

    /// <summary>Wakes who keeps the next segment open.</summary>
    public WakeSignal SupplyWake { get; } = new();

    /// <summary>Lanes that wait to be summoned; the one that worked last is summoned first.</summary>
    public Stack<FlushLane> IdleLanes { get; } = new();

    /// <summary>Goes off when the volume may be written to again, if somebody waits for that.</summary>
    public ITimer? WaitTimer { get; set; }

    /// <summary>The segment that blocks go to.</summary>
    public WriterSegment? Current { get; set; }

    /// <summary>The one after it, opened ahead so that rolling waits for nothing; it has no blocks.</summary>
    public WriterSegment? Next { get; set; }

    /// <summary>The open-ahead segment of a volume that stalls was given up, so that making another shows when it answers.</summary>
    public bool IsProbing { get; set; }

    public bool HasRoom(long occupiedBytes) =>
        Next is not null || (Current is { IsAbandoned: false, Appender.IsPoisoned: false } && Current.Appender.Fits(occupiedBytes));
}
