namespace Spillway.Storage.Wal;

/// <summary>The WAL's file operations on the machine's own file systems, NFS mounts included. Thread-safe, no state.</summary>
public sealed class PosixWalFileSystem : IWalFileSystem
{
    /// <summary>The one instance.</summary>
    public static PosixWalFileSystem Instance { get; } = new();

    private PosixWalFileSystem()
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("The WAL's file backend needs Linux (fdatasync, fallocate, O_DSYNC).");
        }
    }

    /// <inheritdoc/>
    public IWalFile CreateExclusive(string path, WalFlushMode flushMode) =>
        Open(path, PosixCalls.ReadWrite | PosixCalls.Create | PosixCalls.Exclusive, flushMode);

    /// <inheritdoc/>
    public IWalFile OpenWrite(string path, WalFlushMode flushMode) => Open(path, PosixCalls.ReadWrite, flushMode);

    /// <inheritdoc/>
    public IWalFile OpenRead(string path, bool dropCachedPages)
    {
        if (dropCachedPages)
        {
            return OpenPastCache(path);
        }

        return new PosixWalFile(PosixCalls.Open(path, PosixCalls.ReadOnly), path, writesAreDurable: false);
    }

    /// <inheritdoc/>
    public void CreateDirectory(string path)
    {
        if (Directory.Exists(path))
        {
            return;
        }

        var parent = Path.GetDirectoryName(Path.GetFullPath(path));
        if (parent is not null)
        {
            CreateDirectory(parent);
        }

        Directory.CreateDirectory(path);
        if (parent is not null)
        {
            SyncDirectory(parent);
        }
    }

    /// <inheritdoc/>
    public void SyncDirectory(string path)
    {
        using var handle = PosixCalls.Open(path, PosixCalls.ReadOnly);
        PosixCalls.FSync(handle, path);
    }

    /// <inheritdoc/>
    public void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (DirectoryNotFoundException)
        {
            // Gone with its folder: what was asked for.
        }
    }

    private static IWalFile OpenPastCache(string path)
    {
        // The open itself makes an NFS client revalidate what it knows (close-to-open); the advice drops pages that are clean, which all of
        // another host's file are; O_DIRECT does not look at the cache at all, where the file system has it.
        try
        {
            var direct = PosixCalls.Open(path, PosixCalls.ReadOnly | PosixCalls.Direct);
            PosixCalls.DropCachedPages(direct);
            return new DirectWalFile(direct);
        }
        catch (IOException e) when (e.HResult == WalErrno.InvalidArgument)
        {
            // No O_DIRECT here: the next best is to read after the pages were dropped.
            var handle = PosixCalls.Open(path, PosixCalls.ReadOnly);
            PosixCalls.DropCachedPages(handle);
            return new PosixWalFile(handle, path, writesAreDurable: false);
        }
    }

    /// <inheritdoc/>
    public long MeasureFolder(string path)
    {
        var bytes = 0L;
        try
        {
            foreach (var file in new DirectoryInfo(path).EnumerateFiles("*", SearchOption.AllDirectories))
            {
                try
                {
                    bytes += file.Length;
                }
                catch (FileNotFoundException)
                {
                    // Deleted since it was listed.
                }
            }
        }
        catch (DirectoryNotFoundException)
        {
            // Nothing was ever written there.
        }

        return bytes;
    }

    private static PosixWalFile Open(string path, int flags, WalFlushMode flushMode)
    {
        var isDsync = flushMode == WalFlushMode.Dsync;
        var handle = PosixCalls.Open(path, isDsync ? flags | PosixCalls.DataSync : flags);
        return new PosixWalFile(handle, path, writesAreDurable: isDsync);
    }
}
