namespace Spillway.Kafka.Records;

/// <summary>The zigzag varints inside records; every read says whether the bytes allowed it.</summary>
internal static class VarintReader
{
    public static bool TryReadInt(ref ReadOnlySpan<byte> bytes, out int value)
    {
        uint raw = 0;
        for (var i = 0; i < 5 && i < bytes.Length; i++)
        {
            raw |= (uint)(bytes[i] & 0x7F) << (7 * i);
            if (bytes[i] < 0x80)
            {
                value = (int)(raw >> 1) ^ -(int)(raw & 1);
                bytes = bytes[(i + 1)..];
                return true;
            }
        }

        value = 0;
        return false;
    }

    public static bool TryReadLong(ref ReadOnlySpan<byte> bytes, out long value)
    {
        ulong raw = 0;
        for (var i = 0; i < 10 && i < bytes.Length; i++)
        {
            raw |= (ulong)(bytes[i] & 0x7F) << (7 * i);
            if (bytes[i] < 0x80)
            {
                value = (long)(raw >> 1) ^ -(long)(raw & 1);
                bytes = bytes[(i + 1)..];
                return true;
            }
        }

        value = 0;
        return false;
    }

    /// <summary>Reads a length and that many bytes; −1 is null where <paramref name="nullable"/> allows it.</summary>
    public static bool TryReadBytes(
        scoped ref ReadOnlySpan<byte> bytes, bool nullable, out bool isNull, out ReadOnlySpan<byte> value)
    {
        value = default;
        isNull = false;
        if (!TryReadInt(ref bytes, out var length) || length > bytes.Length)
        {
            return false;
        }

        if (length < 0)
        {
            // Any negative length reads as null in Kafka's own reader.
            isNull = true;
            return nullable;
        }

        value = bytes[..length];
        bytes = bytes[length..];
        return true;
    }
}
