namespace Spillway.Rpc.Tests.Wire;

public class RpcMetadataTests
{
    [Theory]
    [InlineData("grpc-status")]
    [InlineData("te")]
    [InlineData("content-type")]
    [InlineData(":path")]
    [InlineData("Upper")]
    [InlineData("with space")]
    [InlineData("bytes-bin")]
    [InlineData("")]
    public void Names_that_are_not_the_callers_are_refused(string name) =>
        Assert.Throws<ArgumentException>(() => new RpcMetadata().Add(name, "value"));

    [Fact]
    public void A_value_that_would_break_the_header_is_refused() =>
        Assert.Throws<ArgumentException>(() => new RpcMetadata().Add("name", "a\r\nb: c"));

    [Fact]
    public void Bytes_are_read_back_at_every_length()
    {
        for (var length = 0; length < 20; length++)
        {
            var bytes = Enumerable.Range(250, length).Select(i => (byte)i).ToArray();
            var metadata = new RpcMetadata();
            metadata.AddBinary("some-bin", bytes);

            Assert.Equal(bytes, metadata.FindBinary("some-bin"));
            Assert.DoesNotContain('=', metadata.Find("some-bin")!);
        }
    }
}
