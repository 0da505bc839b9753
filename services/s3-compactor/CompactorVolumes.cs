using Spillway.Storage.Wal;

namespace Spillway.S3Compactor;

/// <summary>
/// The volumes as this service reaches them: files, threads that may block, and a reader on both. They are its own, so that standalone's
/// other modules, which have theirs, do not wait behind a drain.
/// </summary>
internal sealed class CompactorVolumes : IDisposable
{
    private const int QueuedReadsMax = 1024;

    public CompactorVolumes(IWalFileSystem files, WalVolumeSet volumes, int threadCount)
    {
        Files = files;
        Volumes = volumes;
        Pool = new BlockingIoPool("s3-compactor-io", threadCount, QueuedReadsMax);
        Reader = new WalSegmentReader(files, Volumes, Pool);
    }

    public IWalFileSystem Files { get; }

    public WalVolumeSet Volumes { get; }

    public BlockingIoPool Pool { get; }

    public WalSegmentReader Reader { get; }

    public void Dispose()
    {
        Reader.Dispose();
        Pool.Dispose();
    }
}
