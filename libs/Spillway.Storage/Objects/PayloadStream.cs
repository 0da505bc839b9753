using System.Buffers;

namespace Spillway.Storage.Objects;

/// <summary>
/// A payload as the stream that an HTTP client wants: read-only, and seekable so that it can be sent again. One reader. Reading forward
/// keeps its place in the sequence, so that a payload of many pieces is not walked from the start for each read.
/// </summary>
internal sealed class PayloadStream : Stream
{
    private readonly ReadOnlySequence<byte> _bytes;
    private ReadOnlySequence<byte> _rest;
    private long _position;

    public PayloadStream(ReadOnlySequence<byte> bytes)
    {
        _bytes = bytes;
        _rest = bytes;
        Length = bytes.Length;
    }

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length { get; }

    public override long Position
    {
        get => _position;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _position = value;
            _rest = _bytes.Slice(Math.Min(value, Length));
        }
    }

    public override int Read(Span<byte> buffer)
    {
        var length = (int)Math.Min(buffer.Length, Math.Max(0, Length - _position));
        if (length == 0)
        {
            return 0;
        }

        _rest.Slice(0, length).CopyTo(buffer);
        _rest = _rest.Slice(length);
        _position += length;
        return length;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<int>(cancellationToken)
            : ValueTask.FromResult(Read(buffer.Span));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => _position + offset,
        _ => Length + offset,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
