using System.Buffers;
using System.Runtime.Intrinsics.X86;
using System.Text;
using Spillway.Kafka.Records;
using Xunit;

namespace Spillway.Kafka.Tests.Records;

public sealed class Crc32CTests
{
    private static readonly byte[] Bytes = RandomBytes(seed: 20260101, length: 8192);

    public static TheoryData<int, int> Around => new(
        from centre in new[] { 16, 64, 128, 256, 512, 768, 1024, 2048, 4096 } select (centre - 17, centre + 17));

    [Fact]
    public void The_check_value_of_the_catalogue_comes_out()
    {
        Assert.Equal(0xE3069283u, Crc32C.Compute("123456789"u8));
        Assert.Equal(0u, Crc32C.Compute([]));
    }

    [Fact]
    public void The_vectors_of_RFC_3720_come_out()
    {
        Assert.Equal(0x8A9136AAu, Crc32C.Compute(new byte[32]));
        Assert.Equal(0x62A8AB43u, Crc32C.Compute(Enumerable.Repeat((byte)0xFF, 32).ToArray()));
        Assert.Equal(0x46DD794Eu, Crc32C.Compute(Enumerable.Range(0, 32).Select(i => (byte)i).ToArray()));
    }

    [Theory]
    [MemberData(nameof(Around))]
    public void Every_length_around_a_boundary_agrees_with_the_bitwise_reference(int first, int last)
    {
        for (var length = Math.Max(0, first); length <= last; length++)
        {
            for (var start = 0; start < 4; start++)
            {
                var bytes = Bytes.AsSpan(start, length);
                var expected = Bitwise(0, bytes);

                Assert.Equal(expected, Crc32C.Compute(bytes));
                Assert.Equal(expected, ~Crc32C.AppendByInstruction(~0u, bytes));
            }
        }
    }

    [Fact]
    public void Both_widths_of_folding_agree_with_the_bitwise_reference()
    {
        if (!Pclmulqdq.IsSupported)
        {
            Assert.Skip("The processor has no carry-less multiplication: only the fallback runs here.");
        }

        for (var length = 256; length < 1100; length++)
        {
            var expected = Bitwise(0x12345678, Bytes.AsSpan(1, length));

            ReadOnlySpan<byte> narrow = Bytes.AsSpan(1, length);
            var state = Crc32C.Fold(~0x12345678u, ref narrow);
            Assert.Equal(expected, ~Crc32C.AppendByInstruction(state, narrow));
            Assert.True(narrow.Length < 16);

            if (Pclmulqdq.V512.IsSupported)
            {
                ReadOnlySpan<byte> wide = Bytes.AsSpan(1, length);
                state = Crc32C.FoldWide(~0x12345678u, ref wide);
                Assert.Equal(expected, ~Crc32C.AppendByInstruction(state, wide));
                Assert.True(wide.Length < 16);
            }
        }
    }

    [Fact]
    public void Appending_the_parts_gives_the_checksum_of_the_whole()
    {
        const int Seed = 4711;
        var random = new Random(Seed);
        for (var round = 0; round < 500; round++)
        {
            var length = random.Next(0, Bytes.Length);
            var cut = random.Next(0, length + 1);
            var whole = Crc32C.Compute(Bytes.AsSpan(0, length));

            var parts = Crc32C.Append(Crc32C.Compute(Bytes.AsSpan(0, cut)), Bytes.AsSpan(cut, length - cut));

            Assert.True(whole == parts, $"seed {Seed} round {round}: {length} bytes cut at {cut}");
        }
    }

    [Fact]
    public void A_sequence_of_segments_has_the_checksum_of_its_bytes()
    {
        var first = new Segment(Bytes.AsMemory(0, 700), null);
        var last = new Segment(Bytes.AsMemory(703, 1000), new Segment(Bytes.AsMemory(700, 3), first));
        var sequence = new ReadOnlySequence<byte>(first, 0, last, 1000);

        Assert.Equal(Crc32C.Compute(Bytes.AsSpan(0, 1703)), Crc32C.Compute(sequence));
        Assert.Equal(Crc32C.Compute("abc"u8), Crc32C.Compute(new ReadOnlySequence<byte>(Encoding.ASCII.GetBytes("abc"))));
    }

    internal static uint Bitwise(uint crc, ReadOnlySpan<byte> bytes)
    {
        var state = ~crc;
        foreach (var b in bytes)
        {
            state ^= b;
            for (var bit = 0; bit < 8; bit++)
            {
                state = (state & 1) != 0 ? (state >> 1) ^ 0x82F63B78 : state >> 1;
            }
        }

        return ~state;
    }

    private static byte[] RandomBytes(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? previous)
        {
            Memory = memory;
            if (previous is not null)
            {
                RunningIndex = previous.RunningIndex + previous.Memory.Length;
                previous.Next = this;
            }
        }
    }
}
