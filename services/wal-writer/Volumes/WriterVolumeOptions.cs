using Spillway.Storage.Wal;

namespace Spillway.WalWriter.Volumes;

/// <summary>What an operator may say of a volume that a writer writes to.</summary>
internal sealed class WriterVolumeOptions : WalVolumeOptions
{
    /// <summary>Whether segments are opened there; default Active. Draining: none are, so that compactors empty it.</summary>
    public VolumeState State { get; init; } = VolumeState.Active;

    /// <summary>
    /// Bytes of WAL files there, those of all writers, past which this writer opens no segment until compactors have made room, so that
    /// producers are slowed down before the volume is full; 0 or, on a folder, at least four segments; default 0, only the volume's own size.
    /// </summary>
    public long BytesMax { get; init; }

    /// <summary>
    /// Flushes a second that this writer may make there, 0 or at least 1; default 0, no cap. File systems are sold by operations: share what
    /// was bought among the writers and leave half of it to readers. At the cap blocks grow instead.
    /// </summary>
    public double FlushesPerSecondMax { get; init; }

    /// <summary>Bytes a second that this writer may write there, 0 or at least 64 KiB; default 0, no cap.</summary>
    public long BytesPerSecondMax { get; init; }
}
