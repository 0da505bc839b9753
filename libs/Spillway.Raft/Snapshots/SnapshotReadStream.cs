using Spillway.Raft.Files;

namespace Spillway.Raft.Snapshots;

/// <summary>Reads a snapshot's content, no more and no less.</summary>
internal sealed class SnapshotReadStream(ILogFile file, long contentBytes) : Stream
{
    private readonly byte[] _buffer = new byte[256 << 10];
    private long _filePosition;
    private int _start;
    private int _end;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => contentBytes;

    public override long Position
    {
        get => _filePosition - (_end - _start);
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        if (_start == _end)
        {
            var wanted = (int)Math.Min(_buffer.Length, contentBytes - _filePosition);
            _start = 0;
            _end = wanted == 0 ? 0 : file.Read(_buffer.AsSpan(0, wanted), SnapshotHeader.Bytes + _filePosition);
            _filePosition += _end;
        }

        var count = Math.Min(buffer.Length, _end - _start);
        _buffer.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int ReadByte()
    {
        Span<byte> one = stackalloc byte[1];
        return Read(one) == 0 ? -1 : one[0];
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
