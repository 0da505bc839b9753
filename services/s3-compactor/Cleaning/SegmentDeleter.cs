using Spillway.Storage.Objects;
using Spillway.Storage.Wal;
using Spillway.Storage.Wal.S3;

namespace Spillway.S3Compactor.Cleaning;

/// <summary>
/// Deletes segments durably: metadata forgets one only once its name cannot come back. Files are unlinked on threads that may block, and their
/// folder is flushed; blocks that are objects are deleted with the segment's prefix.
/// </summary>
internal sealed partial class SegmentDeleter(CompactorVolumes volumes, IObjectStore store, ILogger<SegmentDeleter> logger)
{
    /// <summary>True when the segment is certainly gone.</summary>
    public async Task<bool> TryDeleteAsync(WalSegmentLocation location, CancellationToken cancellationToken)
    {
        if (volumes.Volumes.FindPath(location) is not { } path)
        {
            Log.NotMounted(logger, location);
            return false;
        }

        try
        {
            if (volumes.IsInObjectStore(location))
            {
                return await S3SegmentCleaner.TryDeleteAsync(store.For(RequestCause.Garbage), path, cancellationToken);
            }

            return await volumes.Pool.RunAsync(
                static delete => delete.Deleter.Delete(delete.Location, delete.Path),
                (Deleter: this, Location: location, Path: path),
                cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectStoreException)
        {
            Log.NotDeleted(logger, location, e.Message);
            return false;
        }
    }

    private bool Delete(WalSegmentLocation location, string path)
    {
        // An open handle would keep the bytes (and on NFS leave a .nfs file).
        volumes.Reader.Forget(location);
        volumes.Files.Delete(path);
        try
        {
            volumes.Files.SyncDirectory(Path.GetDirectoryName(path)!);
        }
        catch (FileNotFoundException)
        {
            // The folder is gone too, and its file with it.
        }

        return true;
    }

    private static partial class Log
    {
        [LoggerMessage(1460, LogLevel.Warning, "{Segment} cannot be deleted here: its volume is not mounted, or its path leads out of it.")]
        public static partial void NotMounted(ILogger logger, WalSegmentLocation segment);

        [LoggerMessage(1461, LogLevel.Warning, "{Segment} is not deleted yet: {Reason}")]
        public static partial void NotDeleted(ILogger logger, WalSegmentLocation segment, string reason);
    }
}
