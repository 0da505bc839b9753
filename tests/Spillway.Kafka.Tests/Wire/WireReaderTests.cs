using Spillway.Kafka.Wire;
using Xunit;

namespace Spillway.Kafka.Tests.Wire;

public sealed class WireReaderTests
{
    [Theory]
    [InlineData("00", 0u)]
    [InlineData("7F", 127u)]
    [InlineData("8001", 128u)]
    [InlineData("AC02", 300u)]
    [InlineData("FFFFFFFF0F", uint.MaxValue)]
    [InlineData("808000", 0u)]
    public void A_varint_is_read(string hex, uint expected)
    {
        var reader = new WireReader(Convert.FromHexString(hex));

        Assert.Equal(expected, reader.ReadUnsignedVarint());
        Assert.Equal(0, reader.Remaining);
    }

    [Theory]
    [InlineData("FFFFFFFF10")]
    [InlineData("FFFFFFFF8F00")]
    [InlineData("808080808080808001")]
    public void A_varint_of_more_than_32_bits_is_malformed(string hex)
    {
        Assert.Equal(MalformedReason.VarintTooLong, ReasonOf(hex, (ref WireReader r) => r.ReadUnsignedVarint()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("80")]
    public void A_varint_that_does_not_end_is_truncated(string hex)
    {
        Assert.Equal(MalformedReason.Truncated, ReasonOf(hex, (ref WireReader r) => r.ReadUnsignedVarint()));
    }

    [Theory]
    [InlineData("0002C328")]
    [InlineData("0001FF")]
    [InlineData("0003EDA080")]
    public void A_string_that_is_not_utf8_is_malformed(string hex)
    {
        Assert.Equal(MalformedReason.InvalidUtf8, ReasonOf(hex, (ref WireReader r) => r.ReadString()));
    }

    [Theory]
    [InlineData("FFFE")]
    [InlineData("000361")]
    [InlineData("7FFF61")]
    public void A_string_length_that_is_not_there_is_malformed(string hex)
    {
        Assert.Equal(MalformedReason.LengthOutOfRange, ReasonOf(hex, (ref WireReader r) => r.ReadNullableString()));
    }

    [Fact]
    public void A_compact_string_past_the_protocols_limit_is_malformed()
    {
        // 32768 + 1, and that many bytes.
        var hex = "818002" + new string('6', 2 * 32768);

        Assert.Equal(MalformedReason.LengthOutOfRange, ReasonOf(hex, (ref WireReader r) => r.ReadCompactString()));
    }

    [Theory]
    [InlineData("FFFFFFFF0F")]
    [InlineData("8080808008")]
    public void A_compact_length_past_31_bits_is_malformed(string hex)
    {
        Assert.Equal(MalformedReason.LengthOutOfRange, ReasonOf(hex, (ref WireReader r) => r.ReadCompactNullableBytes()));
    }

    [Fact]
    public void Null_where_the_version_has_none_is_malformed()
    {
        Assert.Equal(MalformedReason.NullNotAllowed, ReasonOf("FFFF", (ref WireReader r) => r.ReadString()));
        Assert.Equal(MalformedReason.NullNotAllowed, ReasonOf("00", (ref WireReader r) => r.ReadCompactString()));
        Assert.Equal(MalformedReason.NullNotAllowed, ReasonOf("FFFFFFFF", (ref WireReader r) => r.ReadBytes()));
        Assert.Equal(MalformedReason.NullNotAllowed, ReasonOf("00", (ref WireReader r) => r.ReadCompactRecords()));
        Assert.Equal(MalformedReason.NullNotAllowed, ReasonOf("FFFFFFFF", (ref WireReader r) => r.ReadArrayLength(1)));
        Assert.Equal(MalformedReason.NullNotAllowed, ReasonOf("00", (ref WireReader r) => r.ReadCompactArrayLength(1)));
    }

    [Fact]
    public void Null_and_empty_are_told_apart()
    {
        var reader = new WireReader(Convert.FromHexString("FFFFFFFF" + "00000000" + "00" + "01"));

        Assert.Null(reader.ReadNullableBytes());
        Assert.Equal(0, reader.ReadNullableBytes()!.Value.Length);
        Assert.Null(reader.ReadCompactNullableRecords());
        Assert.Equal(0, reader.ReadCompactNullableRecords()!.Value.Length);
    }

    [Fact]
    public void A_count_is_bounded_by_what_its_elements_take()
    {
        // Three elements announced, 11 bytes follow.
        var hex = "00000003" + new string('0', 22);

        Assert.Equal(3, new WireReader(Convert.FromHexString(hex)).ReadArrayLength(3));
        Assert.Equal(MalformedReason.LengthOutOfRange, ReasonOf(hex, (ref WireReader r) => r.ReadArrayLength(4)));
        Assert.Equal(
            MalformedReason.LengthOutOfRange, ReasonOf("FFFFFFFE", (ref WireReader r) => r.ReadNullableArrayLength(1)));
    }

    [Fact]
    public void Bytes_are_slices_of_the_frame()
    {
        var frame = Convert.FromHexString("00000002ABCD" + "03EF01");
        var reader = new WireReader(frame);

        var bytes = reader.ReadBytes();
        var records = reader.ReadCompactRecords();
        frame[4] = 0x11;
        frame[8] = 0x22;

        Assert.Equal(0x11, bytes.Span[0]);
        Assert.Equal(0x22, records.FirstSpan[1]);
    }

    [Fact]
    public void A_uuid_is_big_endian()
    {
        var reader = new WireReader(Convert.FromHexString("00112233445566778899AABBCCDDEEFF"));

        Assert.Equal(new Guid("00112233-4455-6677-8899-aabbccddeeff"), reader.ReadUuid());
    }

    private delegate object? ReadOne(ref WireReader reader);

    private static MalformedReason ReasonOf(string hex, ReadOne read) =>
        Assert.Throws<MalformedMessageException>(() =>
        {
            var reader = new WireReader(Convert.FromHexString(hex));
            read(ref reader);
        }).Reason;
}
