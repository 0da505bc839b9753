using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Spillway.Kafka.Records;

/// <summary>
/// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78), the checksum of record batches, WAL blocks and objects.
/// Carry-less multiplication folds long input 4 × 512 or 4 × 128 bits at a time where the processor has it; the
/// processor's CRC instruction does the rest.
/// </summary>
public static partial class Crc32C
{
    private const uint Polynomial = 0x82F63B78;

    /// <summary>
    /// From here on 128-bit folding beats the CRC instruction, whose chain of three cycles a word the processor hides
    /// behind other work when the input is short (bench: Crc32CBenchmarks).
    /// </summary>
    private const int FoldBytesMin = 2048;

    /// <summary>The same for 512-bit folding; two strides of its loop.</summary>
    private const int WideFoldBytesMin = 512;

    /// <summary>A constant to the compiler that runs the code, so that only one of the three ways remains.</summary>
    private static bool CanFold => Pclmulqdq.IsSupported && Sse42.X64.IsSupported;

    private static bool CanFoldWide => CanFold && Pclmulqdq.V512.IsSupported && Vector512.IsHardwareAccelerated;

    /// <summary>The checksum of <paramref name="bytes"/>.</summary>
    public static uint Compute(ReadOnlySpan<byte> bytes) => Append(0, bytes);

    /// <summary>The checksum of the bytes of <paramref name="sequence"/>, in order.</summary>
    public static uint Compute(in ReadOnlySequence<byte> sequence) => Append(0, sequence);

    /// <summary>The checksum of what <paramref name="crc"/> covers followed by <paramref name="bytes"/>.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        var state = ~crc;
        if (CanFoldWide && bytes.Length >= WideFoldBytesMin)
        {
            state = FoldWide(state, ref bytes);
        }
        else if (CanFold && bytes.Length >= FoldBytesMin)
        {
            state = Fold(state, ref bytes);
        }

        return ~AppendByInstruction(state, bytes);
    }

    /// <summary>The checksum of what <paramref name="crc"/> covers followed by the bytes of <paramref name="sequence"/>.</summary>
    public static uint Append(uint crc, in ReadOnlySequence<byte> sequence)
    {
        if (sequence.IsSingleSegment)
        {
            return Append(crc, sequence.FirstSpan);
        }

        foreach (var segment in sequence)
        {
            crc = Append(crc, segment.Span);
        }

        return crc;
    }

    /// <summary>The part that needs no carry-less multiplication: 8 bytes an instruction, software where there is none.</summary>
    internal static uint AppendByInstruction(uint state, ReadOnlySpan<byte> bytes)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
        {
            state = BitOperations.Crc32C(state, BitConverter.IsLittleEndian ? word : BinaryReverse(word));
        }

        foreach (var b in bytes[(words.Length * sizeof(ulong))..])
        {
            state = BitOperations.Crc32C(state, b);
        }

        return state;
    }

    private static ulong BinaryReverse(ulong word) => System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(word);
}
