namespace Spillway.Storage.Wal;

/// <summary>Makes new segments on volumes of any kind. Thread-safe; every call blocks on the volume.</summary>
/// <param name="fileSystem">The file operations.</param>
/// <param name="volumes">Where segments may go.</param>
public sealed class WalSegmentFactory(IWalFileSystem fileSystem, WalVolumeSet volumes)
{
    /// <summary>Makes the segment with its header durable at a place that nothing has ever been at.</summary>
    /// <exception cref="WalAppendException">It could not be made, or there is no such place.</exception>
    public IWalSegmentAppender Create(
        WalSegmentLocation location, in WalSegmentHeader header, in WalSegmentSettings settings)
    {
        var path = volumes.FindPath(location)
            ?? throw new WalAppendException($"'{location.Path}' is no path on volume {location.Volume}.");
        return WalSegmentAppender.Create(fileSystem, path, header, settings);
    }
}
