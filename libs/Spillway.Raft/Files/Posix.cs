using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Spillway.Raft.Files;

/// <summary>The system calls that .NET does not offer: fdatasync, fallocate, flock and fsync of a folder.</summary>
internal static partial class Posix
{
    public const int LockExclusive = 2;
    public const int LockNonBlocking = 4;

    public const int Eintr = 4;
    public const int Ewouldblock = 11;
    public const int Enosys = 38;
    public const int Eopnotsupp = 95;

    private const int OpenReadOnlyFolder = 0x80000 | 0x10000; // O_CLOEXEC | O_DIRECTORY

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    public static partial int FlushData(SafeFileHandle file);

    // mode 0: allocate and extend. Not posix_fallocate: glibc emulates that by writing every block.
    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    public static partial int Allocate(SafeFileHandle file, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    public static partial int Lock(SafeFileHandle file, int operation);

    public static void FlushFolder(string path)
    {
        using var folder = OpenFile(path, OpenReadOnlyFolder);
        if (folder.IsInvalid || FlushFile(folder) != 0)
        {
            throw Failure($"Cannot flush the folder {path}", Marshal.GetLastPInvokeError());
        }
    }

    public static IOException Failure(string what, int error) =>
        new($"{what}: {Marshal.GetPInvokeErrorMessage(error)} (errno {error}).");

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle OpenFile(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FlushFile(SafeFileHandle file);
}
