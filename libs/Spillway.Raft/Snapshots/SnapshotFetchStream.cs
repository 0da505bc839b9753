using Spillway.Raft.Files;

namespace Spillway.Raft.Snapshots;

/// <summary>Where a fetched snapshot's bytes go, in order. Flushes every few megabytes, as the log waits behind the same disk.</summary>
internal sealed class SnapshotFetchStream(ILogFile file) : Stream
{
    private const int FlushEveryBytes = 4 << 20;

    private long _position;
    private int _unflushed;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => _position;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        file.Write(buffer, _position);
        _position += buffer.Length;
        _unflushed += buffer.Length;
        if (_unflushed >= FlushEveryBytes)
        {
            file.FlushData();
            _unflushed = 0;
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        file.Dispose();
        base.Dispose(disposing);
    }
}
