using System.Security.Cryptography.X509Certificates;

namespace Spillway.Rpc;

/// <summary>How a client reaches one service.</summary>
public sealed class RpcChannelOptions
{
    /// <summary><c>http://host:port</c> for plain HTTP/2, <c>https://host:port</c> for TLS.</summary>
    public required Uri Address { get; init; }

    /// <summary>What the client shows to a server that asks (mTLS), with its private key.</summary>
    public X509Certificate2? ClientCertificate { get; init; }

    /// <summary>The authorities whose servers are trusted; without them the system's.</summary>
    public X509Certificate2Collection? ServerAuthorities { get; init; }

    /// <summary>The deadline of unary calls that give none; 30 s by default, null for none. Streams have only what they are given.</summary>
    public TimeSpan? DefaultDeadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a connection may take; 5 s by default: longer than a lost SYN, shorter than a caller's patience.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>After this much silence with calls open the client pings; 10 s by default, so that a lost peer is known in 15.</summary>
    public TimeSpan KeepAlivePingDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A ping that is not answered in this time ends the connection; 5 s by default: a zone away is milliseconds.</summary>
    public TimeSpan KeepAlivePingTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Bytes that the server may send on one stream before they are read; 8 MB by default: a round trip at 8 Gbit/s.</summary>
    public int StreamWindowBytes { get; init; } = 8 << 20;

    /// <summary>The largest response message in bytes; 16 MiB by default.</summary>
    public int MessageBytesMax { get; init; } = RpcLimits.MessageBytesMax;

    /// <summary>What deadlines are measured with.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
