using Spillway.Kafka.Buffers;
using Spillway.Storage.Wal.Reading;

namespace Spillway.Testing.Wal;

/// <summary>A segment's writer that answers as a test says, and remembers what it was asked.</summary>
public sealed class ScriptedWriterPeer(BufferPool buffers) : IWalWriterPeer
{
    /// <summary>What was asked, in order.</summary>
    public IList<(WalSegmentName Segment, long Position, int LengthBytes)> Asked { get; } = [];

    /// <summary>The answer; null: no writer answers.</summary>
    public Func<WalSegmentName, long, int, byte[]?>? Answer { get; set; }

    /// <summary>Never completes before it is cancelled.</summary>
    public bool Hangs { get; set; }

    public async ValueTask<SharedBuffer?> ReadAsync(
        WalSegmentName segment, long position, int lengthBytes, CancellationToken cancellationToken)
    {
        Asked.Add((segment, position, lengthBytes));
        if (Hangs)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        if (Answer?.Invoke(segment, position, lengthBytes) is not { } bytes)
        {
            return null;
        }

        var buffer = buffers.Rent(bytes.Length);
        bytes.CopyTo(buffer.Span);
        return buffer;
    }
}
