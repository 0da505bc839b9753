using Microsoft.Win32.SafeHandles;

namespace Spillway.Storage.Wal;

/// <summary>A WAL file on a mounted volume.</summary>
internal sealed class PosixWalFile(SafeFileHandle handle, string path, bool writesAreDurable) : IWalFile
{
    public long GetLength() => RandomAccess.GetLength(handle);

    public void Preallocate(long lengthBytes)
    {
        // The size is set even where space cannot be reserved: a stable size is what close-to-open readers rely on.
        if (!PosixCalls.TryFAllocate(handle, lengthBytes, path))
        {
            PosixCalls.FTruncate(handle, lengthBytes, path);
        }
    }

    // The runtime's gathered write is pwritev; it goes on after a short write and throws on every error.
    public void Write(IReadOnlyList<ReadOnlyMemory<byte>> parts, long position) =>
        RandomAccess.Write(handle, parts, position);

    public void FlushData()
    {
        if (!writesAreDurable)
        {
            PosixCalls.FDataSync(handle, path);
        }
    }

    public void FlushAll() => PosixCalls.FSync(handle, path);

    public int Read(Span<byte> buffer, long position)
    {
        var readBytes = 0;
        while (readBytes < buffer.Length)
        {
            var n = RandomAccess.Read(handle, buffer[readBytes..], position + readBytes);
            if (n == 0)
            {
                break;
            }

            readBytes += n;
        }

        return readBytes;
    }

    public void Dispose() => handle.Dispose();
}
