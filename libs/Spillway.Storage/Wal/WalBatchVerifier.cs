using Spillway.Kafka.Records;

namespace Spillway.Storage.Wal;

/// <summary>Judges bytes read from a segment: only whole record batches that carry their own checksum are served.</summary>
internal static class WalBatchVerifier
{
    /// <summary>
    /// The length of the leading whole batches, all of them verified; −1 where something else than batches lies.
    /// </summary>
    /// <param name="bytes">The begin of a range of consecutive batches.</param>
    /// <param name="rangeBytes">The length of the whole range: no batch reaches past it, and its end is a batch's end.</param>
    public static int Verify(ReadOnlySpan<byte> bytes, long rangeBytes)
    {
        var verifiedBytes = 0;
        while (verifiedBytes < bytes.Length)
        {
            var rest = bytes[verifiedBytes..];
            if (!RecordBatchHeader.TryRead(rest, out var header))
            {
                break;
            }

            if (header.Magic != RecordBatchLayout.CurrentMagic
                || header.TotalLength < RecordBatchLayout.HeaderBytes
                || header.TotalLength > rangeBytes - verifiedBytes)
            {
                return -1;
            }

            if (header.TotalLength > rest.Length)
            {
                break;
            }

            if (!RecordBatchBytes.CrcIsValid(rest[..(int)header.TotalLength]))
            {
                return -1;
            }

            verifiedBytes += (int)header.TotalLength;
        }

        var isWholeRange = bytes.Length == rangeBytes;
        return isWholeRange && verifiedBytes < bytes.Length ? -1 : verifiedBytes;
    }
}
