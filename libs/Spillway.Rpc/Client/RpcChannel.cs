using System.Net;
using System.Net.Security;
using System.Runtime.CompilerServices;

namespace Spillway.Rpc;

/// <summary>
/// The client's side of one service's address: HTTP/2 connections, made as they are needed and shared by all calls, and the four
/// kinds of call. Thread-safe; make one an address and keep it. A failed call is a <see cref="RpcException"/>; it says nothing about
/// the next, which connects anew where it must.
/// </summary>
public sealed class RpcChannel : IDisposable
{
    private readonly HttpMessageInvoker _http;

    /// <summary>A channel to an address with default options.</summary>
    public RpcChannel(Uri address)
        : this(new RpcChannelOptions { Address = address })
    {
    }

    /// <summary>A channel with options.</summary>
    public RpcChannel(RpcChannelOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Address is not { IsAbsoluteUri: true, Scheme: "http" or "https" })
        {
            throw new ArgumentException($"'{options.Address}' is not an http or https address.", nameof(options));
        }
        Options = options;
        _http = new HttpMessageInvoker(CreateHandler(options));
    }

    internal RpcChannelOptions Options { get; }

    /// <summary>Where this channel calls.</summary>
    public Uri Address => Options.Address;

    /// <summary>One request, one response.</summary>
    /// <exception cref="RpcException">The call failed, whatever the reason.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public async Task<TResponse> UnaryAsync<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method,
        TRequest request,
        CancellationToken cancellationToken,
        TimeSpan? deadline = null,
        RpcMetadata? headers = null)
    {
        ArgumentNullException.ThrowIfNull(method);
        await using var call = new ClientCall(this, method.Path, deadline ?? Options.DefaultDeadline, cancellationToken);
        await call.StartAsync(_http, new SingleContent<TRequest>(method.RequestMarshaller, request), headers);
        return await call.ReadSingleAsync(method.ResponseMarshaller);
    }

    /// <summary>One request, any number of responses. Leaving the enumeration early cancels the call.</summary>
    public async IAsyncEnumerable<TResponse> ServerStreamAsync<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method,
        TRequest request,
        [EnumeratorCancellation] CancellationToken cancellationToken,
        TimeSpan? deadline = null,
        RpcMetadata? headers = null)
    {
        ArgumentNullException.ThrowIfNull(method);
        await using var call = new ClientCall(this, method.Path, deadline, cancellationToken);
        await call.StartAsync(_http, new SingleContent<TRequest>(method.RequestMarshaller, request), headers);
        while (await call.MoveNextAsync())
        {
            yield return call.Read(method.ResponseMarshaller);
        }
    }

    /// <summary>Any number of requests, one response, which may come before the requests end.</summary>
    public async Task<TResponse> ClientStreamAsync<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method,
        IAsyncEnumerable<TRequest> requests,
        CancellationToken cancellationToken,
        TimeSpan? deadline = null,
        RpcMetadata? headers = null)
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(requests);
        await using var call = new ClientCall(this, method.Path, deadline, cancellationToken);
        await call.StartAsync(_http, new StreamContent<TRequest>(call, method.RequestMarshaller, requests), headers);
        return await call.ReadSingleAsync(method.ResponseMarshaller);
    }

    /// <summary>
    /// Any number of requests and responses. Requests are sent as they come, whether or not responses are being read;
    /// leaving the enumeration early cancels the call.
    /// </summary>
    public async IAsyncEnumerable<TResponse> DuplexAsync<TRequest, TResponse>(
        RpcMethod<TRequest, TResponse> method,
        IAsyncEnumerable<TRequest> requests,
        [EnumeratorCancellation] CancellationToken cancellationToken,
        TimeSpan? deadline = null,
        RpcMetadata? headers = null)
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(requests);
        await using var call = new ClientCall(this, method.Path, deadline, cancellationToken);
        await call.StartAsync(_http, new StreamContent<TRequest>(call, method.RequestMarshaller, requests), headers);
        while (await call.MoveNextAsync())
        {
            yield return call.Read(method.ResponseMarshaller);
        }
    }

    /// <summary>
    /// Opens a raw duplex call. It returns at once; connecting goes on behind it, and a failure to connect
    /// shows in the first read and in every write.
    /// </summary>
    public RawDuplexCall OpenRawDuplex(
        RpcRawMethod method, CancellationToken cancellationToken, RpcMetadata? headers = null)
    {
        ArgumentNullException.ThrowIfNull(method);
        return new RawDuplexCall(this, _http, method, headers, cancellationToken);
    }

    /// <summary>Ends all calls and closes the connections.</summary>
    public void Dispose() => _http.Dispose();

    private static SocketsHttpHandler CreateHandler(RpcChannelOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            UseProxy = false,
            ConnectTimeout = options.ConnectTimeout,
            EnableMultipleHttp2Connections = true,
            InitialHttp2StreamWindowSize = options.StreamWindowBytes,
            KeepAlivePingDelay = options.KeepAlivePingDelay,
            KeepAlivePingTimeout = options.KeepAlivePingTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
        };
        var ssl = new SslClientAuthenticationOptions();
        if (options.ServerAuthorities is { } authorities)
        {
            ssl.CertificateChainPolicy = CertificateTrust.CreatePolicy(authorities);
        }
        if (options.ClientCertificate is { } certificate)
        {
            ssl.ClientCertificates = [certificate];
        }
        handler.SslOptions = ssl;
        return handler;
    }
}
