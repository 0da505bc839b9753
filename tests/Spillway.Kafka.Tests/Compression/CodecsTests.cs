using System.Buffers;
using System.Text;
using Spillway.Kafka.Buffers;
using Spillway.Kafka.Compression;
using Spillway.Kafka.Tests.Records;
using Xunit;

namespace Spillway.Kafka.Tests.Compression;

public sealed class CodecsTests(ITestOutputHelper output)
{
    public static TheoryData<CompressionType> EveryCodec => new(Enum.GetValues<CompressionType>());

    [Theory]
    [MemberData(nameof(EveryCodec))]
    public void What_was_compressed_comes_back(CompressionType codec)
    {
        GoldenBatchTests.Require(codec);
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        foreach (var length in (int[])[0, 1, 2, 59, 60, 61, 300, 4096, 32767, 32768, 32769, 65536, 65537, 200_000, 2_000_000])
        {
            var source = RandomBytes(random, length);

            var compressed = Compress(codec, source);

            Assert.Equal(CodecStatus.Ok, Decompress(codec, compressed, length, out var back));
            Assert.True(source.AsSpan().SequenceEqual(back), $"seed {seed}, {length} bytes");
        }
    }

    [Theory]
    [MemberData(nameof(EveryCodec))]
    public void What_was_compressed_is_plausible(CompressionType codec)
    {
        GoldenBatchTests.Require(codec);
        var random = new Random(11);
        foreach (var length in (int[])[7, 8, 60, 61, 300, 4096, 32768, 32769, 200_000])
        {
            Assert.True(CompressedFrame.IsPlausible(codec, Compress(codec, RandomBytes(random, length)), length), $"{length} bytes");
        }
    }

    [Theory]
    [InlineData(7)]
    [InlineData(300)]
    [InlineData(65_000)]
    [InlineData(3_000_000)]
    public void A_bare_snappy_block_is_plausible_unless_it_is_too_short(int length)
    {
        var block = IronSnappy.Snappy.Encode(RandomBytes(new Random(12), length));

        Assert.True(CompressedFrame.IsPlausible(CompressionType.Snappy, block, length));
        Assert.False(CompressedFrame.IsPlausible(CompressionType.Snappy, block, length + 1));
    }

    [Theory]
    [InlineData(CompressionType.Gzip)]
    [InlineData(CompressionType.Snappy)]
    [InlineData(CompressionType.Lz4)]
    [InlineData(CompressionType.Zstd)]
    [InlineData((CompressionType)5)]
    public void Garbage_is_not_plausible(CompressionType codec)
    {
        foreach (var garbage in (byte[][])[[], [0x7f], [0x1f, 0x8b], [0x28, 0xb5, 0x2f], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], new byte[100]])
        {
            Assert.False(CompressedFrame.IsPlausible(codec, garbage, 7), Convert.ToHexString(garbage));
        }
    }

    [Theory]
    [InlineData(CompressionType.Lz4)]
    [InlineData(CompressionType.Zstd)]
    public void A_frame_to_skip_may_come_first(CompressionType codec) =>
        Assert.True(CompressedFrame.IsPlausible(codec, [0x53, 0x2a, 0x4d, 0x18, 0, 0, 0, 0], 7));

    [Theory]
    [MemberData(nameof(EveryCodec))]
    public void One_byte_beyond_the_limit_is_too_large(CompressionType codec)
    {
        GoldenBatchTests.Require(codec);
        foreach (var length in (int[])[1, 4096, 100_000])
        {
            var compressed = Compress(codec, new byte[length]);

            Assert.Equal(CodecStatus.Ok, Decompress(codec, compressed, length, out _));
            Assert.Equal(CodecStatus.TooLarge, Decompress(codec, compressed, length - 1, out _));
        }
    }

    [Theory]
    [InlineData(CompressionType.Gzip)]
    [InlineData(CompressionType.Snappy)]
    [InlineData(CompressionType.Lz4)]
    [InlineData(CompressionType.Zstd)]
    public void A_bomb_costs_no_more_than_the_limit(CompressionType codec)
    {
        GoldenBatchTests.Require(codec);
        var bomb = Compress(codec, new byte[64 << 20]);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var status = Decompress(codec, bomb, 1 << 20, out _);

        Assert.Equal(CodecStatus.TooLarge, status);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 << 20);
    }

    [Theory]
    [InlineData(CompressionType.Gzip)]
    [InlineData(CompressionType.Snappy)]
    [InlineData(CompressionType.Lz4)]
    [InlineData(CompressionType.Zstd)]
    public void No_truncation_and_no_mutation_passes_for_the_whole_or_throws(CompressionType codec)
    {
        GoldenBatchTests.Require(codec);
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var source = RandomBytes(random, 3000);
        var compressed = Compress(codec, source);
        for (var length = 0; length < compressed.Length; length++)
        {
            var status = Decompress(codec, compressed.AsSpan(0, length), 1 << 20, out var back);
            Assert.True(status == CodecStatus.Corrupt || back.Length < source.Length, $"seed {seed}, cut at {length}");
        }

        for (var round = 0; round < 5000; round++)
        {
            var mutated = compressed.ToArray();
            for (var i = random.Next(1, 5); i > 0; i--)
            {
                mutated[random.Next(mutated.Length)] = (byte)random.Next(256);
            }

            Assert.NotEqual(CodecStatus.Unavailable, Decompress(codec, mutated, 1 << 20, out _));
        }
    }

    [Theory]
    [InlineData("FFFFFFFF07")]
    [InlineData("FFFFFFFF0F00")]
    [InlineData("8080808010")]
    [InlineData("")]
    [InlineData("05")]
    [InlineData("0500")]
    [InlineData("04F0")]
    [InlineData("0401")]
    [InlineData("040100")]
    [InlineData("08006101FF")]
    [InlineData("0261")]
    public void A_snappy_block_that_lies_is_corrupt_and_costs_nothing(string hex)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();

        var status = Decompress(CompressionType.Snappy, Convert.FromHexString(hex), 1 << 30, out _);

        Assert.Equal(CodecStatus.Corrupt, status);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 << 10);
    }

    [Fact]
    public void A_bare_snappy_block_and_concatenated_streams_are_read()
    {
        var source = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("spillway ", 20_000)));
        var bare = IronSnappy.Snappy.Encode(source);
        var framed = Compress(CompressionType.Snappy, source);

        Assert.Equal(CodecStatus.Ok, Decompress(CompressionType.Snappy, bare, 1 << 20, out var fromBare));
        Assert.Equal(CodecStatus.Ok, Decompress(CompressionType.Snappy, [.. framed, .. framed], 1 << 20, out var twice));

        Assert.Equal(source, fromBare);
        Assert.Equal([.. source, .. source], twice);
    }

    [Fact]
    public void Lz4_frames_have_independent_blocks_as_the_Java_client_demands()
    {
        GoldenBatchTests.Require(CompressionType.Lz4);

        var frame = Compress(CompressionType.Lz4, new byte[200_000]);

        Assert.Equal("04224D18", Convert.ToHexString(frame, 0, 4));
        Assert.Equal(0x60, frame[4] & 0xE0); // version 01, blocks independent
    }

    [Theory]
    [InlineData(CompressionType.Gzip, 1, 9)]
    [InlineData(CompressionType.Lz4, 1, 12)]
    [InlineData(CompressionType.Zstd, 1, 19)]
    public void A_higher_level_compresses_better(CompressionType codec, int low, int high)
    {
        GoldenBatchTests.Require(codec);
        var source = RandomBytes(new Random(3), 300_000);

        var fast = Compress(codec, source, low);
        var small = Compress(codec, source, high);

        Assert.True(small.Length < fast.Length);
    }

    [Fact]
    public void An_unknown_codec_is_unavailable()
    {
        Assert.False(Codecs.IsAvailable((CompressionType)5));
        Assert.Equal(CodecStatus.Unavailable, Decompress((CompressionType)5, [1], 10, out _));
        var thrown = Assert.Throws<CodecUnavailableException>(() => Compress((CompressionType)5, [1]));
        Assert.Equal((CompressionType)5, thrown.Type);
    }

    [Fact]
    public void A_library_that_is_not_there_is_found_out_without_an_exception()
    {
        Assert.False(NativeLibraries.CanLoad("libspillway-has-no-such-codec.so.1"));
    }

    private static byte[] Compress(CompressionType codec, ReadOnlySpan<byte> source, int? level = null)
    {
        var writer = new ArrayBufferWriter<byte>();
        Codecs.Compress(codec, source, writer, level);
        return writer.WrittenSpan.ToArray();
    }

    private static CodecStatus Decompress(CompressionType codec, ReadOnlySpan<byte> source, int bytesMax, out byte[] back)
    {
        using var writer = new BoundedBufferWriter(new BufferPool(0), bytesMax);
        var status = Codecs.Decompress(codec, source, writer);
        back = writer.WrittenSpan.ToArray();
        return status;
    }

    /// <summary>Words from a small vocabulary, with some noise: compressible, with matches near and far.</summary>
    private static byte[] RandomBytes(Random random, int length)
    {
        var vocabulary = Enumerable.Range(0, 50).Select(_ =>
        {
            var word = new byte[random.Next(1, 90)];
            random.NextBytes(word);
            return word;
        }).ToArray();
        var bytes = new byte[length];
        for (var position = 0; position < length;)
        {
            var word = vocabulary[random.Next(vocabulary.Length)];
            var take = Math.Min(word.Length, length - position);
            word.AsSpan(0, take).CopyTo(bytes.AsSpan(position));
            position += take;
        }

        return bytes;
    }
}
