using Spillway.Raft.Snapshots;

namespace Spillway.Raft;

/// <summary>
/// What a replicated log drives: commands in, results out. Every member is called on the log's one thread unless it
/// says otherwise, so that an implementation needs no lock of its own against the log.
/// </summary>
public interface IReplicatedStateMachine
{
    /// <summary>
    /// Applies one committed command. Pure: no clock, no random, no I/O, or replay and other nodes end elsewhere.
    /// An exception is a bug on every node alike and stops the log.
    /// </summary>
    /// <param name="index">The entry's index; the commands of one entry share it and come in order.</param>
    /// <param name="command">The command; its memory is valid only during the call: copy what is kept.</param>
    /// <returns>The result, which goes to the proposer only.</returns>
    object? Apply(ulong index, ReadOnlyMemory<byte> command);

    /// <summary>Writes the whole state.</summary>
    /// <param name="destination">A write-only stream that is not kept.</param>
    void WriteSnapshot(Stream destination);

    /// <summary>
    /// Takes an image of the state that can be written later, on another thread, while commands go on being applied.
    /// The default writes the state into memory at once, which holds commits up for as long as that takes; a state of
    /// many megabytes should return a copy-on-write image instead.
    /// </summary>
    /// <returns>The image; the log disposes it.</returns>
    ISnapshotImage CaptureSnapshot() => BufferedSnapshotImage.Of(this);

    /// <summary>Replaces the state by one that <see cref="WriteSnapshot"/> wrote; its checksum is verified.</summary>
    /// <param name="source">A read-only stream of exactly the bytes written.</param>
    void LoadSnapshot(Stream source);

    /// <summary>
    /// Called after each applied entry and once after recovery, before the entry's proposers get their results: the
    /// place to publish to readers and subscribers. What is published here is what a read barrier promises.
    /// </summary>
    /// <param name="appliedIndex">The last applied index.</param>
    void OnGroupApplied(ulong appliedIndex);
}
