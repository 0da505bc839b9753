using System.Net;
using System.Net.Http.Headers;

namespace Spillway.Rpc.Tests.Wire;

public class StatusTranslationTests
{
    [Theory]
    [InlineData(400, RpcStatusCode.Internal)]
    [InlineData(401, RpcStatusCode.Unauthenticated)]
    [InlineData(403, RpcStatusCode.PermissionDenied)]
    [InlineData(404, RpcStatusCode.Unimplemented)]
    [InlineData(429, RpcStatusCode.Unavailable)]
    [InlineData(500, RpcStatusCode.Unknown)]
    [InlineData(503, RpcStatusCode.Unavailable)]
    public void Http_statuses_have_their_codes(int status, RpcStatusCode expected) =>
        Assert.Equal(expected, StatusTranslation.FromHttpStatus((HttpStatusCode)status));

    [Theory]
    [InlineData(0x1, RpcStatusCode.Unavailable)]
    [InlineData(0x2, RpcStatusCode.Internal)]
    [InlineData(0x7, RpcStatusCode.Unavailable)]
    [InlineData(0x8, RpcStatusCode.Cancelled)]
    [InlineData(0xb, RpcStatusCode.ResourceExhausted)]
    [InlineData(0xc, RpcStatusCode.PermissionDenied)]
    public void Stream_errors_have_their_codes(long error, RpcStatusCode expected)
    {
        Assert.Equal(expected, StatusTranslation.FromHttp2Error(error));
        var wrapped = new HttpRequestException("x", new IOException("y", new HttpProtocolException(error, "z", null)));
        Assert.Equal(expected, StatusTranslation.FromTransport(wrapped).Code);
    }

    [Theory]
    [InlineData("5", RpcStatusCode.NotFound)]
    [InlineData("17", RpcStatusCode.Unknown)]
    [InlineData("abc", RpcStatusCode.Unknown)]
    [InlineData("-1", RpcStatusCode.Unknown)]
    public void A_status_that_is_no_code_is_Unknown(string value, RpcStatusCode expected)
    {
        using var response = new HttpResponseMessage();
        HttpHeaders headers = response.TrailingHeaders;
        headers.TryAddWithoutValidation("grpc-status", value);

        Assert.True(StatusTranslation.TryRead(headers, out var failure));
        Assert.Equal(expected, failure!.Code);
    }
}
