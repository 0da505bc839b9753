using System.Globalization;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;

namespace Spillway.Rpc;

/// <summary>
/// What every call has in common on the server: checks of the HTTP request, limits lifted, deadline, and the status at the end
/// whatever happened. The kinds of call differ only in the body that they run in between.
/// </summary>
internal sealed partial class RpcCallHandler(ILogger logger, TimeProvider time, CancellationToken stopping)
{
    /// <summary>Runs one call. A stream (<paramref name="isStreaming"/>) is ended when the server stops.</summary>
    public async Task HandleAsync(HttpContext http, Func<RpcServerContext, Task> body, bool isStreaming)
    {
        if (!TryBegin(http))
        {
            return;
        }
        using var context = new RpcServerContext(http, time, isStreaming, stopping);
        try
        {
            await body(context);
            WriteStatus(context, RpcStatusCode.Ok, "", null);
        }
        catch (Exception e)
        {
            if (Translate(e, context) is { } failure)
            {
                WriteStatus(context, failure.Code, failure.Detail, failure.Trailers);
            }
        }
    }

    /// <summary>Answers a method that nobody has mapped.</summary>
    public static Task HandleUnknownAsync(HttpContext http)
    {
        if (!GrpcHeaders.IsGrpcContentType(http.Request.ContentType))
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
        }
        else if (TryBegin(http))
        {
            SetStatus(http.Response.Headers, RpcStatusCode.Unimplemented, $"Nobody serves {http.Request.Path.Value}.");
        }
        return Task.CompletedTask;
    }

    private static bool TryBegin(HttpContext http)
    {
        if (!HttpProtocol.IsHttp2(http.Request.Protocol))
        {
            http.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
            http.Response.Headers.Upgrade = "h2c";
            return false;
        }
        if (!GrpcHeaders.IsGrpcContentType(http.Request.ContentType))
        {
            http.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return false;
        }
        // A stream lives for days and may rest for hours: neither its length nor its rate says anything.
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }
        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }
        http.Response.ContentType = GrpcHeaders.ContentType;
        http.Response.Headers[GrpcHeaders.AcceptEncoding] = GrpcHeaders.Identity;
        return true;
    }

    // Null where there is nobody left to tell.
    private RpcException? Translate(Exception exception, RpcServerContext context)
    {
        if (context.IsAborted)
        {
            LogAborted(logger, context.Path, exception);
            return null;
        }
        switch (exception)
        {
            case OperationCanceledException or RpcException { Code: RpcStatusCode.Cancelled } when context.IsDeadlineExceeded:
                return new(RpcStatusCode.DeadlineExceeded, "The deadline passed.");
            case OperationCanceledException when context.Stopping.IsCancellationRequested:
                return new(RpcStatusCode.Unavailable, "The server is stopping.");
            case RpcException rpc:
                return rpc;
            case OperationCanceledException:
                return new(RpcStatusCode.Cancelled, "The call was cancelled.");
            case ConnectionResetException or ConnectionAbortedException or BadHttpRequestException:
                return new(RpcStatusCode.Unavailable, "The connection broke.");
            default:
                LogFailed(logger, context.Path, exception);
                return new(RpcStatusCode.Unknown, "The handler failed.");
        }
    }

    private static void WriteStatus(RpcServerContext context, RpcStatusCode code, string detail, RpcMetadata? more)
    {
        if (context.IsAborted)
        {
            return;
        }
        var response = context.Http.Response;
        // Nothing was sent yet and nothing will be: the status goes into the only block of headers ("Trailers-Only").
        var isTrailersOnly = code != RpcStatusCode.Ok && !response.HasStarted;
        var trailers = isTrailersOnly
            ? response.Headers
            : context.Http.Features.Get<IHttpResponseTrailersFeature>()?.Trailers ?? new HeaderDictionary();
        foreach (var (name, value) in context.ResponseTrailers)
        {
            trailers.Append(name, value);
        }
        foreach (var (name, value) in more ?? [])
        {
            trailers.Append(name, value);
        }
        SetStatus(trailers, code, detail);
    }

    private static void SetStatus(IHeaderDictionary headers, RpcStatusCode code, string detail)
    {
        headers[GrpcHeaders.Status] = ((int)code).ToString(CultureInfo.InvariantCulture);
        if (detail.Length > 0)
        {
            headers[GrpcHeaders.Message] = GrpcMessageText.Encode(detail);
        }
    }

    [LoggerMessage(3001, LogLevel.Error, "The handler of {Path} failed.")]
    private static partial void LogFailed(ILogger logger, string path, Exception exception);

    [LoggerMessage(3002, LogLevel.Debug, "The caller of {Path} went away.")]
    private static partial void LogAborted(ILogger logger, string path, Exception exception);
}
