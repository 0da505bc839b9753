using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Spillway.Raft;

/// <summary>CRC-32C (Castagnoli), chainable: pass the last result as the seed of the next part.</summary>
internal static class Crc32C
{
    public static uint Compute(ReadOnlySpan<byte> data) => Append(0, data);

    public static uint Append(uint seed, ReadOnlySpan<byte> data)
    {
        var crc = ~seed;
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(data))
        {
            crc = BitOperations.Crc32C(crc, BitConverter.IsLittleEndian
                ? word
                : BinaryPrimitives.ReverseEndianness(word));
        }

        foreach (var rest in data[(data.Length & ~7)..])
        {
            crc = BitOperations.Crc32C(crc, rest);
        }

        return ~crc;
    }
}
