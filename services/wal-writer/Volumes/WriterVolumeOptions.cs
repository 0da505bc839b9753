using Spillway.Storage.Wal;

namespace Spillway.WalWriter.Volumes;

/// <summary>What an operator may say of a volume that a writer writes to.</summary>
internal sealed class WriterVolumeOptions : WalVolumeOptions
{
    /// <summary>Whether segments are opened there; default Active. Draining: none are, so that compactors empty it.</summary>
    public VolumeState State { get; init; } = VolumeState.Active;
}
