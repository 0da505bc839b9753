using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Spillway.Raft.Files;

/// <summary>A folder on a real file system, locked by flock on its file named <c>lock</c>.</summary>
internal sealed class DiskFolder : ILogFolder
{
    private const int WindowsSharingViolation = unchecked((int)0x80070020);

    private SafeFileHandle? _lock;

    public DiskFolder(string path) => Path = System.IO.Path.GetFullPath(path);

    public string Path { get; }

    public void Lock()
    {
        CreateFolder();
        SafeFileHandle handle;
        try
        {
            handle = File.OpenHandle(
                PathOf("lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (exception.HResult is Posix.Ewouldblock or WindowsSharingViolation)
        {
            throw InUse(exception);
        }

        // The runtime's own lock, taken above, can be switched off from outside; this one cannot.
        if (OperatingSystem.IsLinux() && Posix.Lock(handle, Posix.LockExclusive | Posix.LockNonBlocking) != 0)
        {
            var failure = Posix.Failure("flock", Marshal.GetLastPInvokeError());
            handle.Dispose();
            throw InUse(failure);
        }

        _lock = handle;
    }

    public IReadOnlyList<string> List() =>
        [.. Directory.EnumerateFiles(Path).Select(static path => System.IO.Path.GetFileName(path))];

    public ILogFile Create(string name, long reserveBytes)
    {
        var file = new DiskFile(Path, name, OpenHandle(name, FileMode.CreateNew));
        try
        {
            if (reserveBytes > 0)
            {
                file.Reserve(reserveBytes);
            }

            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public ILogFile Open(string name) => new DiskFile(Path, name, OpenHandle(name, FileMode.Open));

    public void Rename(string from, string to) => File.Move(PathOf(from), PathOf(to), overwrite: true);

    public void Delete(string name) => File.Delete(PathOf(name));

    public void Flush()
    {
        if (!OperatingSystem.IsWindows())
        {
            Posix.FlushFolder(Path);
        }
    }

    public void Dispose() => _lock?.Dispose();

    // A folder that was just made is itself a name in its parent, which a crash may forget.
    private void CreateFolder()
    {
        if (Directory.Exists(Path))
        {
            return;
        }

        Directory.CreateDirectory(Path);
        for (var parent = System.IO.Path.GetDirectoryName(Path);
            parent is not null && !OperatingSystem.IsWindows();
            parent = System.IO.Path.GetDirectoryName(parent))
        {
            try
            {
                Posix.FlushFolder(parent);
            }
            catch (IOException)
            {
                return; // not ours to open; whoever made it answers for it
            }
        }
    }

    private SafeFileHandle OpenHandle(string name, FileMode mode) =>
        File.OpenHandle(PathOf(name), mode, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

    private LogFolderInUseException InUse(IOException cause) => new(
        $"The folder {Path} is in use by another process; a log's folder has one owner at a time.", cause);

    private string PathOf(string name) => System.IO.Path.Combine(Path, name);
}
