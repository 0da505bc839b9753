using Spillway.Storage.Objects;

namespace Spillway.Metadata.Copies;

/// <summary>A write-only stream into pieces of memory: a state of gigabytes has no array that it would fit into.</summary>
internal sealed class SnapshotBuffer : Stream
{
    private const int PieceBytes = 1 << 20;

    private readonly List<byte[]> _pieces = [];
    private int _used = PieceBytes;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => ((long)_pieces.Count * PieceBytes) - (PieceBytes - _used);

    public override long Position
    {
        get => Length;
        set => throw new NotSupportedException();
    }

    /// <summary>What was written, without a copy; nothing may be written any more.</summary>
    public ObjectPayload ToPayload() => ObjectPayload.FromPieces(
        [.. _pieces.Select((piece, i) => (ReadOnlyMemory<byte>)piece.AsMemory(0, i == _pieces.Count - 1 ? _used : PieceBytes))]);

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            if (_used == PieceBytes)
            {
                _pieces.Add(GC.AllocateUninitializedArray<byte>(PieceBytes));
                _used = 0;
            }

            var count = Math.Min(buffer.Length, PieceBytes - _used);
            buffer[..count].CopyTo(_pieces[^1].AsSpan(_used));
            _used += count;
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
}
