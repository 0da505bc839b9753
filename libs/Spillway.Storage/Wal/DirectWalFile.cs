using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Spillway.Storage.Wal;

/// <summary>
/// A WAL file opened for reading past the page cache (O_DIRECT): memory, position and length are aligned here, at the cost of one copy.
/// </summary>
internal sealed unsafe class DirectWalFile(SafeFileHandle handle) : IWalFile
{
    public long GetLength() => RandomAccess.GetLength(handle);

    public void Preallocate(long lengthBytes) => throw new NotSupportedException("The file is open for reading.");

    public void Write(IReadOnlyList<ReadOnlyMemory<byte>> parts, long position) =>
        throw new NotSupportedException("The file is open for reading.");

    public void FlushData() => throw new NotSupportedException("The file is open for reading.");

    public void FlushAll() => throw new NotSupportedException("The file is open for reading.");

    public void Dispose() => handle.Dispose();

    public int Read(Span<byte> buffer, long position)
    {
        var start = position & -WalFormat.AlignmentBytes;
        var lengthBytes = checked((int)(WalFormat.AlignUp(position + buffer.Length) - start));
        var memory = (byte*)NativeMemory.AlignedAlloc((nuint)lengthBytes, WalFormat.AlignmentBytes);
        try
        {
            var aligned = new Span<byte>(memory, lengthBytes);
            var readBytes = 0;
            while (readBytes < lengthBytes)
            {
                var n = RandomAccess.Read(handle, aligned[readBytes..], start + readBytes);
                readBytes += n;
                if (n == 0 || readBytes % WalFormat.AlignmentBytes != 0)
                {
                    // A read that ends off the boundary is the end of the file; another one from there would be refused.
                    break;
                }
            }

            var skippedBytes = (int)(position - start);
            var count = Math.Clamp(readBytes - skippedBytes, 0, buffer.Length);
            aligned.Slice(skippedBytes, count).CopyTo(buffer);
            return count;
        }
        finally
        {
            NativeMemory.AlignedFree(memory);
        }
    }
}
