using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Spillway.Rpc;

/// <summary>Prepares a Kestrel listener for calls between services.</summary>
public static class RpcListenOptionsExtensions
{
    /// <summary>
    /// HTTP/2 only, plain or with TLS, with keep-alive pings and windows for record streams. Kestrel has the limits of HTTP/2
    /// and the minimum data rates once per server, so they hold for its other HTTP listeners too.
    /// </summary>
    public static ListenOptions ConfigureRpcListener(this ListenOptions listen, RpcListenerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(listen);
        options ??= new RpcListenerOptions();
        if (options.ClientAuthorities is not null && options.ServerCertificate is null)
        {
            throw new ArgumentException("Client certificates need a server certificate.", nameof(options));
        }
        listen.Protocols = HttpProtocols.Http2;
        SetLimits(listen.KestrelServerOptions.Limits, options);
        if (options.ServerCertificate is { } certificate)
        {
            listen.UseHttps(https => SetTls(https, certificate, options.ClientAuthorities));
        }
        return listen;
    }

    private static void SetLimits(KestrelServerLimits limits, RpcListenerOptions options)
    {
        limits.Http2.KeepAlivePingDelay = options.KeepAlivePingDelay;
        limits.Http2.KeepAlivePingTimeout = options.KeepAlivePingTimeout;
        limits.Http2.InitialStreamWindowSize = options.StreamWindowBytes;
        limits.Http2.InitialConnectionWindowSize = options.ConnectionWindowBytes;
        limits.Http2.MaxStreamsPerConnection = options.StreamsMax;
        // A subscriber that is slow for a while is back-pressure, not an attack: the peers are our own services.
        limits.MinResponseDataRate = null;
        limits.MinRequestBodyDataRate = null;
    }

    private static void SetTls(
        HttpsConnectionAdapterOptions https, X509Certificate2 certificate, X509Certificate2Collection? authorities)
    {
        https.ServerCertificate = certificate;
        if (authorities is null)
        {
            return;
        }
        https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
        https.ClientCertificateValidation = (client, _, _) =>
        {
            using var chain = new X509Chain { ChainPolicy = CertificateTrust.CreatePolicy(authorities) };
            chain.ChainPolicy.ApplicationPolicy.Add(CertificateTrust.ClientAuthentication);
            return chain.Build(client);
        };
    }
}
