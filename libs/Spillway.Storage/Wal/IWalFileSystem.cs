namespace Spillway.Storage.Wal;

/// <summary>
/// The file operations the WAL needs, all blocking: they run on dedicated threads. The seam exists because a mounted
/// volume fails in ways a local disk does not, and tests must be able to produce every one of them.
/// Failures are <see cref="IOException"/>s whose <c>HResult</c> is the errno; a missing file is a
/// <see cref="FileNotFoundException"/>.
/// </summary>
public interface IWalFileSystem
{
    /// <summary>Creates a file that must not exist (<c>O_EXCL</c>) for writing.</summary>
    IWalFile CreateExclusive(string path, WalFlushMode flushMode);

    /// <summary>Opens a file this process created once more for writing, with an error state of its own.</summary>
    IWalFile OpenWrite(string path, WalFlushMode flushMode);

    /// <summary>Opens a file for reading. <paramref name="dropCachedPages"/> asks for a view that bypasses the page cache.</summary>
    IWalFile OpenRead(string path, bool dropCachedPages);

    /// <summary>Creates a folder and its parents where they are missing, durably.</summary>
    void CreateDirectory(string path);

    /// <summary>Makes the names in a folder durable.</summary>
    void SyncDirectory(string path);

    /// <summary>Deletes a file; no error when it is gone already.</summary>
    void Delete(string path);

    /// <summary>The sizes of all files in a folder and in those below it, together; 0 when it is not there.</summary>
    long MeasureFolder(string path);
}
