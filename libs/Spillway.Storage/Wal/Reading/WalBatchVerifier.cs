using Spillway.Kafka.Records;

namespace Spillway.Storage.Wal.Reading;

/// <summary>Judges bytes read from a segment: only whole record batches that carry their own checksum are served.</summary>
public static class WalBatchVerifier
{
    /// <summary>Whether these are whole batches back to back, each with its checksum, and nothing else.</summary>
    public static bool IsIntact(ReadOnlySpan<byte> range)
    {
        while (!range.IsEmpty)
        {
            if (!RecordBatchHeader.TryRead(range, out var header)
                || header.Magic != RecordBatchLayout.CurrentMagic
                || header.TotalLength < RecordBatchLayout.HeaderBytes
                || header.TotalLength > range.Length
                || !RecordBatchBytes.CrcIsValid(range[..(int)header.TotalLength]))
            {
                return false;
            }

            range = range[(int)header.TotalLength..];
        }

        return true;
    }

    /// <summary>Whether each part of a stretch is intact; what lies between them is not looked at.</summary>
    public static bool IsIntact(ReadOnlySpan<byte> stretch, IReadOnlyList<WalStretchPart>? parts)
    {
        if (parts is null)
        {
            return IsIntact(stretch);
        }

        foreach (var part in parts)
        {
            if (!IsIntact(stretch.Slice(part.Start, part.LengthBytes)))
            {
                return false;
            }
        }

        return true;
    }
}
