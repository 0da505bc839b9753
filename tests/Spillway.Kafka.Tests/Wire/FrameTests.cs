using System.Buffers;
using System.Buffers.Binary;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Wire;
using Xunit;

namespace Spillway.Kafka.Tests.Wire;

public sealed class FrameTests
{
    [Theory]
    [InlineData(3, "00000009" + "00000001")]
    [InlineData(4, "00000009" + "00" + "00000001")]
    public void A_response_frame_is_length_header_and_body(short version, string head)
    {
        var output = new ArrayBufferWriter<byte>();

        var lengthBytes = ResponseFrame.Write(
            output, ApiKey.Heartbeat, version, 9, new HeartbeatResponse { ThrottleTimeMs = 1, ErrorCode = 27 });

        Assert.Equal(output.WrittenCount, lengthBytes);
        Assert.Equal(lengthBytes - 4, BinaryPrimitives.ReadInt32BigEndian(output.WrittenSpan));
        Assert.StartsWith(head, Convert.ToHexString(output.WrittenSpan[4..]), StringComparison.Ordinal);
        var reader = new WireReader(output.WrittenMemory[4..]);
        Assert.Equal(9, ResponseFrame.ReadHeader(ref reader, ApiKey.Heartbeat, version).CorrelationId);
        var body = (HeartbeatResponse)MessageCatalog.ReadResponse(ApiKey.Heartbeat, version, ref reader);
        Assert.Equal(27, body.ErrorCode);
        Assert.Equal(0, reader.Remaining);
    }

    [Fact]
    public void An_ApiVersions_response_has_the_oldest_header()
    {
        var output = new ArrayBufferWriter<byte>();

        ResponseFrame.Write(output, ApiKey.ApiVersions, 3, 5, new ApiVersionsResponse { ErrorCode = 35 });

        Assert.Equal("0000000C" + "00000005" + "0023" + "01" + "00000000" + "00", Convert.ToHexString(output.WrittenSpan));
    }

    [Fact]
    public void A_request_of_an_unknown_api_still_has_a_header()
    {
        var reader = new WireReader(Convert.FromHexString("7FFF" + "0001" + "0000002A" + "000161" + "FFFF"));

        var header = RequestFrame.ReadHeader(ref reader);

        Assert.Equal((0x7FFF, 1, 42, "a"), (header.RequestApiKey, header.RequestApiVersion, header.CorrelationId, header.ClientId));
        Assert.False(MessageCatalog.IsKnown((ApiKey)header.RequestApiKey));
    }

    [Fact]
    public void A_request_of_an_unknown_version_still_has_a_header()
    {
        // ApiVersions v99: a client newer than we are; the answer needs its correlation id.
        var reader = new WireReader(Convert.FromHexString("0012" + "0063" + "00000007" + "FFFF" + "00"));

        var header = RequestFrame.ReadHeader(ref reader);

        Assert.Equal(7, header.CorrelationId);
        Assert.Null(header.ClientId);
        Assert.Equal(0, reader.Remaining);
    }
}
