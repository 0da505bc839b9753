using System.Security.Cryptography.X509Certificates;

namespace Spillway.Rpc;

/// <summary>How a listener for calls between services behaves.</summary>
public sealed class RpcListenerOptions
{
    /// <summary>The server's certificate with its private key. Without one the listener speaks plain HTTP/2 (h2c).</summary>
    public X509Certificate2? ServerCertificate { get; init; }

    /// <summary>
    /// The authorities whose clients are let in. Where given, every client must show a certificate that chains to one of them
    /// (mTLS); needs <see cref="ServerCertificate"/>.
    /// </summary>
    public X509Certificate2Collection? ClientAuthorities { get; init; }

    /// <summary>After this much silence the server pings; 10 s by default, so that a lost peer is known in 15.</summary>
    public TimeSpan KeepAlivePingDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A ping that is not answered in this time ends the connection; 5 s by default: a zone away is milliseconds.</summary>
    public TimeSpan KeepAlivePingTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Bytes that a client may send on one stream before the handler reads; 8 MB by default: a round trip at 8 Gbit/s.</summary>
    public int StreamWindowBytes { get; init; } = 8 << 20;

    /// <summary>The same for all streams of a connection together; 32 MB by default.</summary>
    public int ConnectionWindowBytes { get; init; } = 32 << 20;

    /// <summary>Calls at a time on one connection; 1,000 by default: long polls of a whole frontend share one.</summary>
    public int StreamsMax { get; init; } = 1000;
}
