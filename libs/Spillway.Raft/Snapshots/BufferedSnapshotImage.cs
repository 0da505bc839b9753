using System.Buffers;

namespace Spillway.Raft.Snapshots;

/// <summary>
/// The image for a state machine that has none of its own: the whole state, written into pooled memory at once.
/// Simple and consistent; commits wait for the serialisation, though not for the disk.
/// </summary>
internal sealed class BufferedSnapshotImage : Stream, ISnapshotImage
{
    private const int ChunkBytes = 1 << 20;

    private readonly List<byte[]> _chunks = [];
    private int _usedInLast;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => _chunks.Count == 0 ? 0 : (_chunks.Count - 1L) * ChunkBytes + _usedInLast;

    public override long Position
    {
        get => Length;
        set => throw new NotSupportedException();
    }

    public static BufferedSnapshotImage Of(IReplicatedStateMachine stateMachine)
    {
        var image = new BufferedSnapshotImage();
        stateMachine.WriteSnapshot(image);
        return image;
    }

    public void WriteTo(Stream destination)
    {
        for (var i = 0; i < _chunks.Count; i++)
        {
            destination.Write(_chunks[i], 0, i + 1 < _chunks.Count ? ChunkBytes : _usedInLast);
        }
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            if (_chunks.Count == 0 || _usedInLast == ChunkBytes)
            {
                _chunks.Add(ArrayPool<byte>.Shared.Rent(ChunkBytes));
                _usedInLast = 0;
            }

            var count = Math.Min(buffer.Length, ChunkBytes - _usedInLast);
            buffer[..count].CopyTo(_chunks[^1].AsSpan(_usedInLast));
            _usedInLast += count;
            buffer = buffer[count..];
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void WriteByte(byte value) => Write([value]);

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _chunks.ForEach(static chunk => ArrayPool<byte>.Shared.Return(chunk));
        _chunks.Clear();
        _usedInLast = 0;
        base.Dispose(disposing);
    }
}
