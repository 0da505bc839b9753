using Spillway.Storage.Wal;
using Spillway.WalWriter.Volumes;

namespace Spillway.WalWriter.Flushing;

/// <summary>Where and how segments are made; one for the process, whatever the epoch.</summary>
/// <param name="Segments">Makes them.</param>
/// <param name="Volumes">Where they go.</param>
/// <param name="Settings">How their files are.</param>
internal sealed record WalStorage(
    WalSegmentFactory Segments, IReadOnlyList<WriterVolume> Volumes, WalSegmentSettings Settings) : IDisposable
{
    public void Dispose()
    {
        foreach (var volume in Volumes)
        {
            volume.Dispose();
        }
    }
}
