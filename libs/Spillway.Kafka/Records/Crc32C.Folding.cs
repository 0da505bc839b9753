using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Spillway.Kafka.Records;

/// <content>
/// Folding. An accumulator A that lies D bits ahead of block B may be replaced by A·x^D mod P added to B without changing
/// the remainder. Bits are reflected, so the low 64 bits of A are its high powers and need x^(D+64); a carry-less product
/// of reflected factors comes out multiplied by x, hence one less in both exponents: x^(D+63) and x^(D-1). A 32-bit
/// remainder sits in the upper half of its 64-bit factor. Reducing the last accumulator is left to the CRC instruction.
/// </content>
public static partial class Crc32C
{
    private static readonly Vector128<ulong> By128 = FoldFactors(128);
    private static readonly Vector128<ulong> By512 = FoldFactors(512);
    private static readonly Vector512<ulong> WideBy512 = Repeat(FoldFactors(512));
    private static readonly Vector512<ulong> WideBy2048 = Repeat(FoldFactors(2048));

    /// <summary>Folds all whole 16-byte blocks of at least 64 bytes; leaves the rest in <paramref name="bytes"/>.</summary>
    internal static uint Fold(uint state, ref ReadOnlySpan<byte> bytes)
    {
        var blocks = MemoryMarshal.Cast<byte, Vector128<ulong>>(bytes);
        var a = blocks[0] ^ Vector128.CreateScalar((ulong)state);
        var b = blocks[1];
        var c = blocks[2];
        var d = blocks[3];

        var next = blocks[4..];
        while (next.Length >= 4)
        {
            a = FoldOnto(a, By512, next[0]);
            b = FoldOnto(b, By512, next[1]);
            c = FoldOnto(c, By512, next[2]);
            d = FoldOnto(d, By512, next[3]);
            next = next[4..];
        }

        a = FoldOnto(a, By128, b);
        a = FoldOnto(a, By128, c);
        a = FoldOnto(a, By128, d);
        return Finish(a, next, blocks.Length, ref bytes);
    }

    /// <summary>As <see cref="Fold"/> with 64-byte blocks; needs at least 256 bytes.</summary>
    internal static uint FoldWide(uint state, ref ReadOnlySpan<byte> bytes)
    {
        var blocks = MemoryMarshal.Cast<byte, Vector512<ulong>>(bytes);
        var a = blocks[0] ^ Vector512.CreateScalar((ulong)state);
        var b = blocks[1];
        var c = blocks[2];
        var d = blocks[3];

        var next = blocks[4..];
        while (next.Length >= 4)
        {
            a = FoldOnto(a, WideBy2048, next[0]);
            b = FoldOnto(b, WideBy2048, next[1]);
            c = FoldOnto(c, WideBy2048, next[2]);
            d = FoldOnto(d, WideBy2048, next[3]);
            next = next[4..];
        }

        a = FoldOnto(a, WideBy512, b);
        a = FoldOnto(a, WideBy512, c);
        a = FoldOnto(a, WideBy512, d);
        foreach (var block in next)
        {
            a = FoldOnto(a, WideBy512, block);
        }

        var folded = FoldOnto(a.GetLower().GetLower(), By128, a.GetLower().GetUpper());
        folded = FoldOnto(folded, By128, a.GetUpper().GetLower());
        folded = FoldOnto(folded, By128, a.GetUpper().GetUpper());

        bytes = bytes[(blocks.Length * 64)..];
        var rest = MemoryMarshal.Cast<byte, Vector128<ulong>>(bytes);
        return Finish(folded, rest, rest.Length, ref bytes);
    }

    private static uint Finish(
        Vector128<ulong> folded, ReadOnlySpan<Vector128<ulong>> next, int blockCount, ref ReadOnlySpan<byte> bytes)
    {
        foreach (var block in next)
        {
            folded = FoldOnto(folded, By128, block);
        }

        bytes = bytes[(blockCount * 16)..];
        return (uint)Sse42.X64.Crc32(Sse42.X64.Crc32(0UL, folded[0]), folded[1]);
    }

    private static Vector128<ulong> FoldOnto(Vector128<ulong> from, Vector128<ulong> factors, Vector128<ulong> onto) =>
        Pclmulqdq.CarrylessMultiply(from, factors, 0x00) ^ Pclmulqdq.CarrylessMultiply(from, factors, 0x11) ^ onto;

    private static Vector512<ulong> FoldOnto(Vector512<ulong> from, Vector512<ulong> factors, Vector512<ulong> onto) =>
        Pclmulqdq.V512.CarrylessMultiply(from, factors, 0x00)
        ^ Pclmulqdq.V512.CarrylessMultiply(from, factors, 0x11)
        ^ onto;

    private static Vector128<ulong> FoldFactors(int distanceBits) =>
        Vector128.Create(PowerOfX(distanceBits + 63), PowerOfX(distanceBits - 1));

    private static Vector512<ulong> Repeat(Vector128<ulong> factors) =>
        Vector512.Create(Vector256.Create(factors, factors), Vector256.Create(factors, factors));

    /// <summary>x^exponent mod P, reflected, in the upper half.</summary>
    private static ulong PowerOfX(int exponent)
    {
        var power = 0x80000000u;
        for (var i = 0; i < exponent; i++)
        {
            power = (power & 1) != 0 ? (power >> 1) ^ Polynomial : power >> 1;
        }

        return (ulong)power << 32;
    }
}
