using Spillway.Storage.Wal.S3;

namespace Spillway.Storage.Wal;

/// <summary>Makes new segments on volumes of any kind. Thread-safe; every call blocks on the volume.</summary>
/// <param name="fileSystem">The file operations.</param>
/// <param name="volumes">Where segments may go.</param>
/// <param name="objects">The object store; needed where one of the volumes is in it.</param>
public sealed class WalSegmentFactory(IWalFileSystem fileSystem, WalVolumeSet volumes, S3Volume? objects = null)
{
    /// <summary>Makes the segment with its header durable at a place that nothing has ever been at.</summary>
    /// <exception cref="WalAppendException">It could not be made, or there is no such place.</exception>
    public IWalSegmentAppender Create(
        WalSegmentLocation location, in WalSegmentHeader header, in WalSegmentSettings settings)
    {
        var path = volumes.FindPath(location)
            ?? throw new WalAppendException($"'{location.Path}' is no path on volume {location.Volume}.");
        if (volumes.TryGet(location.Volume, out var volume) && volume.Kind == WalVolumeKind.S3)
        {
            var store = objects ?? throw new InvalidOperationException($"There is no object store for volume {volume}.");
            return S3SegmentAppender.Create(store, path, header, settings);
        }

        return WalSegmentAppender.Create(fileSystem, path, header, settings);
    }
}
