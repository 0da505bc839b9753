using Spillway.Kafka.Records;
using Spillway.Storage.Wal.Reading;

namespace Spillway.Storage.Wal;

/// <summary>
/// Walks a segment without metadata: for people and checks, never to decide what was acknowledged (only the index knows that).
/// A torn or missing block does not end the walk, since blocks are flushed side by side; neither do zeros.
/// Every call blocks. Not thread-safe.
/// </summary>
public sealed class WalSegmentWalker : IDisposable
{
    private const int WindowBytes = 1 << 20;

    private readonly IWalFile _file;
    private readonly long _lengthBytes;
    private readonly byte[] _window = new byte[WindowBytes];
    private long _windowPosition;
    private int _windowLength;

    private WalSegmentWalker(IWalFile file)
    {
        _file = file;
        _lengthBytes = file.GetLength();
        if (!WalSegmentHeader.TryRead(Peek(0, WalSegmentHeader.LengthBytes), out var header))
        {
            throw new WalReadException(WalReadFailure.Corrupt, "The file does not begin with an intact segment header.");
        }

        Header = header;
    }

    /// <summary>The segment's header.</summary>
    public WalSegmentHeader Header { get; }

    /// <summary>Opens a segment and reads its header.</summary>
    /// <exception cref="WalReadException">The file is no segment.</exception>
    public static WalSegmentWalker Open(IWalFileSystem fileSystem, string path)
    {
        var file = fileSystem.OpenRead(path, dropCachedPages: false);
        try
        {
            return new WalSegmentWalker(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>All blocks of this segment in the order of their position.</summary>
    public IEnumerable<WalSegmentBlock> Walk()
    {
        long position = WalSegmentHeader.LengthBytes;
        while (position < _lengthBytes)
        {
            var block = FindBlock(position);
            if (block is not null)
            {
                yield return block;
            }

            position = block?.Header.EndPosition ?? position + WalFormat.AlignmentBytes;
        }
    }

    /// <summary>Reads part of a block's payload.</summary>
    public int ReadPayload(WalSegmentBlock block, WalDirectoryEntry entry, Span<byte> destination) =>
        _file.Read(destination[..entry.LengthBytes], block.Header.PayloadPosition + entry.Position);

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private WalSegmentBlock? FindBlock(long position)
    {
        if (!WalBlockHeader.TryReadUnverified(Peek(position, WalBlockHeader.LengthBytes), out var header)
            || header.SegmentId != Header.SegmentId
            || header.WriterEpoch != Header.WriterEpoch
            || header.Position != position
            || header.PayloadPosition + header.PayloadBytes > _lengthBytes)
        {
            return null;
        }

        var head = new byte[header.HeadBytes];
        if (_file.Read(head, position) < head.Length || !header.IsHeadIntact(head))
        {
            return null;
        }

        var directory = new WalDirectoryEntry[header.Count];
        for (var i = 0; i < directory.Length; i++)
        {
            directory[i] = WalDirectoryEntry.Read(head.AsSpan(WalBlockHeader.GetHeadBytes(i)));
        }

        return new WalSegmentBlock(header, directory, ComputePayloadCrc(header) == header.PayloadCrc);
    }

    private uint ComputePayloadCrc(in WalBlockHeader header)
    {
        var crc = 0u;
        var position = header.PayloadPosition;
        var end = position + header.PayloadBytes;
        while (position < end)
        {
            var bytes = Peek(position, (int)Math.Min(end - position, WindowBytes));
            if (bytes.IsEmpty)
            {
                break;
            }

            crc = Crc32C.Append(crc, bytes);
            position += bytes.Length;
        }

        return crc;
    }

    /// <summary>The bytes at a position, fewer than asked for at the end of the file; valid until the next call.</summary>
    private ReadOnlySpan<byte> Peek(long position, int countMax)
    {
        if (position < _windowPosition || position + countMax > _windowPosition + _windowLength)
        {
            _windowPosition = position;
            _windowLength = _file.Read(_window, position);
        }

        var at = (int)(position - _windowPosition);
        return _window.AsSpan(at, Math.Min(countMax, _windowLength - at));
    }
}
