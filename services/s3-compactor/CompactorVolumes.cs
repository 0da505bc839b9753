using Spillway.Storage.Wal;
using Spillway.Storage.Wal.Reading;

namespace Spillway.S3Compactor;

/// <summary>
/// The volumes as this service reaches them: files, threads that may block, and a reader on both. They are its own, so that standalone's
/// other modules, which have theirs, do not wait behind a drain.
/// </summary>
internal sealed class CompactorVolumes : IDisposable
{
    private const int QueuedDeletionsMax = 1024;

    public CompactorVolumes(
        IWalFileSystem files, WalVolumeSet volumes, WalReadSettings settings, in WalReadEnvironment environment)
    {
        Files = files;
        Volumes = volumes;
        // One more than there are volumes: one that hangs must not keep the others from being cleaned.
        Pool = new BlockingIoPool("s3-compactor-delete", Volumes.All.Count + 1, QueuedDeletionsMax);
        Reader = new WalSegmentReader(files, Volumes, settings, environment);
    }

    public IWalFileSystem Files { get; }

    public WalVolumeSet Volumes { get; }

    public BlockingIoPool Pool { get; }

    public WalSegmentReader Reader { get; }

    /// <summary>Whether a segment's blocks are objects.</summary>
    public bool IsInObjectStore(WalSegmentLocation location) =>
        Volumes.TryGet(location.Volume, out var volume) && volume.Kind == WalVolumeKind.S3;

    public void Dispose()
    {
        Reader.Dispose();
        Pool.Dispose();
    }
}
