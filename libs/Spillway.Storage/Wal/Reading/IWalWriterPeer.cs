using Spillway.Kafka.Buffers;

namespace Spillway.Storage.Wal.Reading;

/// <summary>The way to a segment's own writer, for ranges that no view of the volume shows here.</summary>
public interface IWalWriterPeer
{
    /// <summary>
    /// Asks the writer for a range. The bytes are the caller's, who verifies them and releases the buffer; null where there is no
    /// writer to ask, or it has no answer.
    /// </summary>
    ValueTask<SharedBuffer?> ReadAsync(
        WalSegmentName segment, long position, int lengthBytes, CancellationToken cancellationToken);
}
