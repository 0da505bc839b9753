using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Spillway.Raft.Files;

/// <summary>A file on a real file system.</summary>
internal sealed class DiskFile(string folder, string name, SafeFileHandle handle) : ILogFile
{
    public string Name => name;

    public long LengthBytes => RandomAccess.GetLength(handle);

    public void Write(ReadOnlySpan<byte> data, long position) => RandomAccess.Write(handle, data, position);

    public int Read(Span<byte> destination, long position)
    {
        var total = 0;
        while (total < destination.Length)
        {
            var read = RandomAccess.Read(handle, destination[total..], position + total);
            if (read == 0)
            {
                break;
            }

            total += read;
        }

        return total;
    }

    public void FlushData()
    {
        if (!OperatingSystem.IsLinux())
        {
            RandomAccess.FlushToDisk(handle);
            return;
        }

        // An interrupted call has reported nothing yet; any other failure is final, for the kernel may have dropped
        // the dirty pages and would say yes the next time.
        while (Posix.FlushData(handle) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            if (error != Posix.Eintr)
            {
                throw Posix.Failure($"fdatasync of {Path.Combine(folder, name)} failed", error);
            }
        }
    }

    public void FlushAll() => RandomAccess.FlushToDisk(handle);

    public void SetLength(long lengthBytes) => RandomAccess.SetLength(handle, lengthBytes);

    public void Reserve(long bytes)
    {
        while (OperatingSystem.IsLinux() && Posix.Allocate(handle, 0, 0, bytes) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            if (error is Posix.Eopnotsupp or Posix.Enosys)
            {
                break;
            }

            if (error != Posix.Eintr)
            {
                throw Posix.Failure($"Cannot reserve {bytes} bytes for {Path.Combine(folder, name)}", error);
            }
        }

        // Where space cannot be reserved (NFS before 4.2) the size is still set once, so that appends don't move it.
        if (LengthBytes < bytes)
        {
            SetLength(bytes);
        }
    }

    public void Dispose() => handle.Dispose();
}
