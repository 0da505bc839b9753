namespace Spillway.Raft;

/// <summary>A consistent image of a state machine, written when the state has moved on. Used once.</summary>
public interface ISnapshotImage : IDisposable
{
    /// <summary>Writes the image; called on a thread that is not the log's.</summary>
    /// <param name="destination">A write-only stream that is not kept.</param>
    void WriteTo(Stream destination);
}
