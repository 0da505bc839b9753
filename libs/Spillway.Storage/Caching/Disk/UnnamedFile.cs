using Microsoft.Win32.SafeHandles;

namespace Spillway.Storage.Caching.Disk;

/// <summary>A file that has lost its name once it is open: its room is free again when the process ends, however it ends.</summary>
internal sealed class UnnamedFile : IBlockFile
{
    private readonly SafeFileHandle _file;

    /// <summary>Makes it in a folder, which is created where it is missing.</summary>
    /// <exception cref="IOException">The folder cannot be written to.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    public UnnamedFile(string folder)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, $"blocks-{Guid.NewGuid():n}.cache");
        _file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
        File.Delete(path);
    }

    public void Read(long position, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            var count = RandomAccess.Read(_file, destination, position);
            if (count == 0)
            {
                throw new EndOfStreamException($"The file ends at {position}.");
            }

            destination = destination[count..];
            position += count;
        }
    }

    public void Write(long position, ReadOnlySpan<byte> bytes) => RandomAccess.Write(_file, bytes, position);

    public void Dispose() => _file.Dispose();
}
