using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Spillway.Storage.Objects;

/// <summary>
/// Folders whose names survive a crash: the runtime cannot fsync a folder, and a rename is durable only after that.
/// Where the system has no such call (Windows) names are as durable as its journal makes them.
/// </summary>
internal static partial class DurableFolder
{
    private const int ReadOnly = 0;
    private const int CloseOnExec = 0x80000;
    private const int AlreadyExists = 17;

    /// <summary>Creates a folder and its missing parents, each name made durable.</summary>
    public static void Create(string path)
    {
        if (Directory.Exists(path))
        {
            return;
        }

        var parent = Path.GetDirectoryName(path);
        if (!string.IsNullOrEmpty(parent))
        {
            Create(parent);
        }

        Directory.CreateDirectory(path);
        if (!string.IsNullOrEmpty(parent))
        {
            Flush(parent);
        }
    }

    /// <summary>Makes the names in a folder durable.</summary>
    public static void Flush(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var fd = Open(path, ReadOnly | CloseOnExec);
        if (fd < 0)
        {
            throw Failure("open", path);
        }

        try
        {
            if (FSync(fd) != 0)
            {
                throw Failure("fsync", path);
            }
        }
        finally
        {
            _ = Close(fd);
        }
    }

    /// <summary>
    /// Gives a file one more name; false where that name is taken, even if it was taken this moment. File.Move is no such thing: on Unix it
    /// looks for the name and then renames, so that of two that come at once both win.
    /// </summary>
    public static bool TryLink(string path, string name)
    {
        if (OperatingSystem.IsWindows())
        {
            return TryMove(path, name);
        }

        if (Link(path, name) == 0)
        {
            return true;
        }

        return Marshal.GetLastPInvokeError() == AlreadyExists ? false : throw Failure("link", name);
    }

    private static bool TryMove(string path, string name)
    {
        try
        {
            File.Move(path, name, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(name))
        {
            return false;
        }
    }

    private static IOException Failure(string call, string path)
    {
        var error = new Win32Exception(Marshal.GetLastPInvokeError());
        return new IOException($"{call} of folder '{path}' failed: {error.Message}", error);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(int fd);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string path, string name);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int fd);
}
