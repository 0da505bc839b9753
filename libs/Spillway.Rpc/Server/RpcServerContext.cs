using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;

namespace Spillway.Rpc;

/// <summary>What a handler knows of the call it answers, besides the request. Lives as long as the call; not thread-safe.</summary>
public sealed class RpcServerContext : IDisposable
{
    private readonly HttpContext _http;
    private readonly CancellationTokenSource? _deadline;
    private readonly CancellationTokenSource _call;
    private RpcMetadata? _headers;

    internal RpcServerContext(HttpContext http, TimeProvider time, bool endsOnStopping, CancellationToken stopping)
    {
        _http = http;
        Stopping = stopping;
        if (GrpcTimeout.TryParse(http.Request.Headers[GrpcHeaders.Timeout].ToString(), out var timeout))
        {
            Deadline = time.GetUtcNow() + timeout;
            _deadline = new CancellationTokenSource(Min(timeout, TimerMax), time);
        }
        _call = CancellationTokenSource.CreateLinkedTokenSource(
            http.RequestAborted, _deadline?.Token ?? CancellationToken.None, endsOnStopping ? stopping : CancellationToken.None);
    }

    // The longest that a timer takes; nobody waits that long.
    private static readonly TimeSpan TimerMax = TimeSpan.FromDays(24);

    /// <summary><c>/package.Service/Method</c>.</summary>
    public string Path => _http.Request.Path.Value ?? "";

    /// <summary>
    /// Cancelled when the caller goes away, when its deadline passes and, for streaming calls, when the server stops.
    /// </summary>
    public CancellationToken CancellationToken => _call.Token;

    /// <summary>Cancelled when the server begins to stop: a long-lived stream finishes what it has and ends.</summary>
    public CancellationToken Stopping { get; }

    /// <summary>When the caller stops waiting, if it said so.</summary>
    public DateTimeOffset? Deadline { get; }

    /// <summary>The caller's metadata.</summary>
    public RpcMetadata Headers => _headers ??= ReadHeaders();

    /// <summary>Metadata that is sent with the status.</summary>
    public RpcMetadata ResponseTrailers { get; } = new();

    /// <summary>Where the caller's connection comes from; null for transports without addresses.</summary>
    public IPEndPoint? RemoteEndPoint =>
        _http.Connection.RemoteIpAddress is { } address ? new IPEndPoint(address, _http.Connection.RemotePort) : null;

    /// <summary>The caller's certificate, checked, where the listener asks for one.</summary>
    public X509Certificate2? ClientCertificate => _http.Connection.ClientCertificate;

    internal HttpContext Http => _http;

    internal bool IsDeadlineExceeded => _deadline is { IsCancellationRequested: true };

    internal bool IsAborted => _http.RequestAborted.IsCancellationRequested;

    /// <inheritdoc/>
    public void Dispose()
    {
        _call.Dispose();
        _deadline?.Dispose();
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private RpcMetadata ReadHeaders()
    {
        var headers = new RpcMetadata();
        foreach (var (name, values) in _http.Request.Headers)
        {
            if (GrpcHeaders.IsReserved(name))
            {
                continue;
            }
            foreach (var value in values)
            {
                headers.AddReceived(name.ToLowerInvariant(), value ?? "");
            }
        }
        return headers;
    }
}
