using System.Collections.Concurrent;
using Spillway.Storage.Caching.Disk;

namespace Spillway.Storage.Tests.Caching.Disk;

/// <summary>A disk in memory that fails, stands still and forgets as the test says.</summary>
internal sealed class ScriptedBlockFile(int lengthBytes) : IBlockFile
{
    private readonly byte[] _bytes = new byte[lengthBytes];
    private volatile bool _isClosed;

    public bool IsClosed => _isClosed;

    /// <summary>Called before each read, on its thread.</summary>
    public Action BeforeRead { get; set; } = static () => { };

    /// <summary>Called before each write, on its thread.</summary>
    public Action BeforeWrite { get; set; } = static () => { };

    public ConcurrentQueue<(long Position, int LengthBytes)> Writes { get; } = [];

    public void Read(long position, Span<byte> destination)
    {
        BeforeRead();
        _bytes.AsSpan((int)position, destination.Length).CopyTo(destination);
    }

    public void Write(long position, ReadOnlySpan<byte> bytes)
    {
        BeforeWrite();
        bytes.CopyTo(_bytes.AsSpan((int)position));
        Writes.Enqueue((position, bytes.Length));
    }

    public void Damage(long position) => _bytes[position] ^= 1;

    public void Dispose() => _isClosed = true;
}
