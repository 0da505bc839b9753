using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace Spillway.Rpc;

/// <summary>Every translation between gRPC's status and what HTTP, HTTP/2 and exceptions say.</summary>
internal static class StatusTranslation
{
    /// <summary>
    /// The status in a block of headers or trailers. False where there is none; <paramref name="failure"/> is null for Ok.
    /// </summary>
    public static bool TryRead(HttpHeaders headers, out RpcException? failure)
    {
        failure = null;
        if (!headers.NonValidated.TryGetValues(GrpcHeaders.Status, out var values))
        {
            return false;
        }
        var code = int.TryParse(values.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number is >= 0 and <= (int)RpcStatusCode.Unauthenticated
                ? (RpcStatusCode)number
                : RpcStatusCode.Unknown;
        if (code != RpcStatusCode.Ok)
        {
            var detail = headers.NonValidated.TryGetValues(GrpcHeaders.Message, out var text)
                ? GrpcMessageText.Decode(text.ToString())
                : "";
            failure = new RpcException(code, detail) { Trailers = ReadTrailers(headers) };
        }
        return true;
    }

    /// <summary>Our own entries of a failure; null where there are none.</summary>
    private static RpcMetadata? ReadTrailers(HttpHeaders headers)
    {
        RpcMetadata? trailers = null;
        foreach (var (name, values) in headers.NonValidated)
        {
            if (name.StartsWith(RpcMetadata.OwnPrefix, StringComparison.OrdinalIgnoreCase))
            {
                (trailers ??= []).AddReceived(name.ToLowerInvariant(), values.ToString());
            }
        }
        return trailers;
    }

    /// <summary>For an answer that is not gRPC's, from a proxy say (grpc/grpc doc/http-grpc-status-mapping.md).</summary>
    public static RpcStatusCode FromHttpStatus(HttpStatusCode status) => (int)status switch
    {
        400 => RpcStatusCode.Internal,
        401 => RpcStatusCode.Unauthenticated,
        403 => RpcStatusCode.PermissionDenied,
        404 => RpcStatusCode.Unimplemented,
        429 or 502 or 503 or 504 => RpcStatusCode.Unavailable,
        _ => RpcStatusCode.Unknown,
    };

    /// <summary>For a stream or connection that ended by an HTTP/2 error code (PROTOCOL-HTTP2.md, "Errors").</summary>
    public static RpcStatusCode FromHttp2Error(long errorCode) => errorCode switch
    {
        // PROTOCOL_ERROR would be Internal, but SocketsHttpHandler gives a lost peer (a ping without answer) this code too, and
        // that must be told from a bug: a caller that retries a bug does no harm.
        0x1 => RpcStatusCode.Unavailable,
        0x7 => RpcStatusCode.Unavailable,       // REFUSED_STREAM
        0x8 => RpcStatusCode.Cancelled,         // CANCEL
        0xb => RpcStatusCode.ResourceExhausted, // ENHANCE_YOUR_CALM
        0xc => RpcStatusCode.PermissionDenied,  // INADEQUATE_SECURITY
        _ => RpcStatusCode.Internal,
    };

    /// <summary>For what the HTTP handler or its streams throw on the client.</summary>
    public static RpcException FromTransport(Exception exception)
    {
        for (var e = exception; e is not null; e = e.InnerException)
        {
            switch (e)
            {
                case RpcException rpc:
                    return rpc;
                // NO_ERROR by GOAWAY is a server that stops: the call may be retried elsewhere.
                case HttpProtocolException { ErrorCode: 0 }:
                    return new(RpcStatusCode.Unavailable, "The server closed the connection.", exception);
                case HttpProtocolException protocol:
                    return new(FromHttp2Error(protocol.ErrorCode), protocol.Message, exception);
            }
        }
        return exception is HttpRequestException or IOException or OperationCanceledException or ObjectDisposedException
            ? new(RpcStatusCode.Unavailable, exception.Message, exception)
            : new(RpcStatusCode.Unknown, exception.Message, exception);
    }
}
