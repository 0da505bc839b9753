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
        var handle = PosixCalls.Open(path, PosixCalls.ReadOnly);
        if (dropCachedPages)
        {
            PosixCalls.DropCachedPages(handle);
        }

        return new PosixWalFile(handle, path, writesAreDurable: false);
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

    private static PosixWalFile Open(string path, int flags, WalFlushMode flushMode)
    {
        var isDsync = flushMode == WalFlushMode.Dsync;
        var handle = PosixCalls.Open(path, isDsync ? flags | PosixCalls.DataSync : flags);
        return new PosixWalFile(handle, path, writesAreDurable: isDsync);
    }
}
