using System.Buffers;

namespace Spillway.Kafka.Records;

/// <summary>The other half of <see cref="VarintReader"/>.</summary>
internal static class VarintWriter
{
    private const int BytesMax = 10;

    public static void Write(IBufferWriter<byte> output, long value)
    {
        var room = output.GetSpan(BytesMax);
        var raw = (ulong)((value << 1) ^ (value >> 63));
        var written = 0;
        while (raw >= 0x80)
        {
            room[written++] = (byte)(raw | 0x80);
            raw >>= 7;
        }

        room[written++] = (byte)raw;
        output.Advance(written);
    }

    public static void WriteBytes(IBufferWriter<byte> output, bool isNull, ReadOnlySpan<byte> value)
    {
        Write(output, isNull ? -1 : value.Length);
        if (!isNull)
        {
            output.Write(value);
        }
    }

    public static int SizeOf(long value)
    {
        var raw = (ulong)((value << 1) ^ (value >> 63));
        return 1 + (System.Numerics.BitOperations.Log2(raw | 1) / 7);
    }

    public static int SizeOfBytes(bool isNull, int length) => isNull ? 1 : SizeOf(length) + length;
}
