using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Spillway.Storage.Wal;

/// <summary>
/// The system calls the runtime does not offer as they are needed: <c>open</c> without an advisory lock (flock on NFS is a
/// round trip and fences nothing) and with O_DSYNC, <c>fdatasync</c>, and <c>fallocate</c> without glibc's emulation. Linux only.
/// </summary>
internal static partial class PosixCalls
{
    public const int ReadOnly = 0;
    public const int ReadWrite = 2;
    public const int Create = 0x40;
    public const int Exclusive = 0x80;
    public const int DataSync = 0x1000;
    public const int CloseOnExec = 0x80000;

    /// <summary>O_DIRECT: reads go past the page cache, with aligned memory, position and length. The one flag that is not the same everywhere.</summary>
    public static readonly int Direct = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x10000 : 0x4000;

    private const int AdviseDontNeed = 4;
    private const int OwnerAndGroupFile = 0b110_100_000;

    public static SafeFileHandle Open(string path, int flags)
    {
        int fd;
        do
        {
            fd = NativeOpen(path, flags | CloseOnExec, OwnerAndGroupFile);
        }
        while (fd < 0 && Marshal.GetLastPInvokeError() == WalErrno.Interrupted);

        if (fd < 0)
        {
            throw ToException("open", path);
        }

        return new SafeFileHandle(fd, ownsHandle: true);
    }

    public static void FDataSync(SafeFileHandle file, string path)
    {
        // EINTR is not retried: a flush whose outcome is not "done" poisons the file, whatever the reason.
        if (NativeFDataSync(file) != 0)
        {
            throw ToException("fdatasync", path);
        }
    }

    public static void FSync(SafeFileHandle file, string path)
    {
        if (NativeFSync(file) != 0)
        {
            throw ToException("fsync", path);
        }
    }

    /// <summary>Reserves space; false where the file system cannot (NFS before 4.2, some overlays).</summary>
    public static bool TryFAllocate(SafeFileHandle file, long lengthBytes, string path)
    {
        while (NativeFAllocate(file, 0, 0, lengthBytes) != 0)
        {
            switch (Marshal.GetLastPInvokeError())
            {
                case WalErrno.Interrupted:
                    continue;
                case WalErrno.OperationNotSupported or WalErrno.NotImplemented or WalErrno.InvalidArgument:
                    return false;
                default:
                    throw ToException("fallocate", path);
            }
        }

        return true;
    }

    public static void FTruncate(SafeFileHandle file, long lengthBytes, string path)
    {
        while (NativeFTruncate(file, lengthBytes) != 0)
        {
            if (Marshal.GetLastPInvokeError() != WalErrno.Interrupted)
            {
                throw ToException("ftruncate", path);
            }
        }
    }

    /// <summary>Asks the kernel to forget clean pages of the file. Advice: a failure changes nothing and is ignored.</summary>
    public static void DropCachedPages(SafeFileHandle file) => _ = NativeFAdvise(file, 0, 0, AdviseDontNeed);

    private static IOException ToException(string call, string path)
    {
        var errno = Marshal.GetLastPInvokeError();
        var message = $"{call} of '{path}' failed: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})";
        return errno is WalErrno.NoEntry or WalErrno.NotADirectory
            ? new FileNotFoundException(message, path)
            : new IOException(message, errno);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int NativeOpen(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int NativeFDataSync(SafeFileHandle fd);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int NativeFSync(SafeFileHandle fd);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    private static partial int NativeFAllocate(SafeFileHandle fd, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    private static partial int NativeFTruncate(SafeFileHandle fd, long length);

    [LibraryImport("libc", EntryPoint = "posix_fadvise", SetLastError = false)]
    private static partial int NativeFAdvise(SafeFileHandle fd, long offset, long length, int advice);
}
