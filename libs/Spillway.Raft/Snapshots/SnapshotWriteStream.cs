using Spillway.Raft.Files;

namespace Spillway.Raft.Snapshots;

/// <summary>
/// Writes a snapshot's content behind the header's page, counting and summing it. Flushes every few megabytes, so that
/// a large snapshot never leaves the disk a backlog that the log's own flushes would have to wait behind.
/// </summary>
internal sealed class SnapshotWriteStream(ILogFile file, CancellationToken stopping) : Stream
{
    private const int BufferBytes = 256 << 10;
    private const int FlushEveryBytes = 4 << 20;

    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _buffered;
    private int _unflushed;

    public long ContentBytes { get; private set; }

    public uint Checksum { get; private set; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => ContentBytes + _buffered;

    public override long Position
    {
        get => Length;
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var count = Math.Min(buffer.Length, BufferBytes - _buffered);
            buffer[..count].CopyTo(_buffer.AsSpan(_buffered));
            _buffered += count;
            buffer = buffer[count..];
            if (_buffered == BufferBytes)
            {
                Drain();
            }
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void WriteByte(byte value) => Write([value]);

    /// <summary>Does nothing: the content is drained once, by <see cref="Complete"/>.</summary>
    public override void Flush()
    {
    }

    /// <summary>Hands the rest to the file; count and checksum are final then.</summary>
    public void Complete() => Drain();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private void Drain()
    {
        stopping.ThrowIfCancellationRequested();
        var data = _buffer.AsSpan(0, _buffered);
        file.Write(data, SnapshotHeader.Bytes + ContentBytes);
        Checksum = Crc32C.Append(Checksum, data);
        ContentBytes += _buffered;
        _unflushed += _buffered;
        _buffered = 0;
        if (_unflushed >= FlushEveryBytes)
        {
            file.FlushData();
            _unflushed = 0;
        }
    }
}
