using System.Buffers;
using Spillway.Kafka.Wire;
using Xunit;

namespace Spillway.Kafka.Tests.Wire;

public sealed class WireWriterTests
{
    [Theory]
    [InlineData(0u, 1)]
    [InlineData(127u, 1)]
    [InlineData(128u, 2)]
    [InlineData(16383u, 2)]
    [InlineData(16384u, 3)]
    [InlineData(1u << 21, 4)]
    [InlineData(1u << 28, 5)]
    [InlineData(uint.MaxValue, 5)]
    public void A_varint_takes_the_bytes_that_its_size_says_and_reads_back(uint value, int sizeBytes)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new WireWriter(output);
        writer.WriteUnsignedVarint(value);
        writer.Flush();

        Assert.Equal(sizeBytes, output.WrittenCount);
        Assert.Equal(sizeBytes, WireSize.UnsignedVarint(value));
        Assert.Equal(value, new WireReader(output.WrittenMemory).ReadUnsignedVarint());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    public void Fields_of_all_sizes_cross_the_borders_of_spans(int extraBytes)
    {
        var output = new StingyBufferWriter(extraBytes);
        var writer = new WireWriter(output);
        var payload = new byte[5000];
        new Random(1).NextBytes(payload);
        var text = new string('é', 2000);
        for (var i = 0; i < 300; i++)
        {
            writer.WriteInt64(i);
            writer.WriteBool(i % 2 == 0);
        }

        writer.WriteCompactString(text);
        writer.WriteRecords(new ReadOnlySequence<byte>(payload));
        writer.WriteUuid(Guid.Empty);
        var written = writer.WrittenBytes;
        writer.Flush();

        var bytes = output.Written.ToArray();
        Assert.Equal(written, bytes.Length);
        var reader = new WireReader(bytes);
        for (var i = 0; i < 300; i++)
        {
            Assert.Equal(i, reader.ReadInt64());
            Assert.Equal(i % 2 == 0, reader.ReadBool());
        }

        Assert.Equal(text, reader.ReadCompactString());
        Assert.Equal(payload, reader.ReadRecords().ToArray());
        Assert.Equal(Guid.Empty, reader.ReadUuid());
        Assert.Equal(0, reader.Remaining);
    }

    [Fact]
    public void Nothing_written_is_nothing_flushed()
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new WireWriter(output);

        writer.WriteRaw([]);
        writer.Flush();
        writer.Flush();

        Assert.Equal(0, output.WrittenCount);
    }

    /// <summary>Gives hardly more than was asked for, so that every border is met.</summary>
    private sealed class StingyBufferWriter(int extraBytes) : IBufferWriter<byte>
    {
        private byte[] _buffer = [];

        public List<byte> Written { get; } = [];

        public void Advance(int count) => Written.AddRange(_buffer.AsSpan(0, count));

        public Memory<byte> GetMemory(int sizeHint = 0) => _buffer = new byte[Math.Max(1, sizeHint) + extraBytes];

        public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
    }
}
