namespace Spillway.Rpc.Tests.Wire;

public class GrpcMessageTextTests
{
    [Theory]
    [InlineData("plain text", "plain text")]
    [InlineData("100%", "100%25")]
    [InlineData("line\r\nbreak", "line%0D%0Abreak")]
    [InlineData("größe ☃ 🎈", "gr%C3%B6%C3%9Fe %E2%98%83 %F0%9F%8E%88")]
    public void Text_is_encoded_as_the_protocol_says_and_read_back(string text, string encoded)
    {
        Assert.Equal(encoded, GrpcMessageText.Encode(text));
        Assert.Equal(text, GrpcMessageText.Decode(encoded));
    }

    [Theory]
    [InlineData("50% off")]
    [InlineData("%")]
    [InlineData("%4")]
    [InlineData("%zz")]
    public void What_is_not_encoded_well_is_kept_as_it_is(string text) => Assert.Equal(text, GrpcMessageText.Decode(text));

    [Fact]
    public void Very_long_text_is_cut_between_characters()
    {
        var encoded = GrpcMessageText.Encode(string.Concat(Enumerable.Repeat("🎈", 4000)));

        Assert.True(encoded.Length <= 1024 * 12);
        Assert.DoesNotContain('\uFFFD', GrpcMessageText.Decode(encoded));
    }
}
