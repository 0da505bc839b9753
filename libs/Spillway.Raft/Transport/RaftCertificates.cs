using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace Spillway.Raft.Transport;

/// <summary>
/// The certificates of mutual TLS, read from files and read again when those change. A file that cannot be used is warned
/// about, and the last good state stays. Safe to use from any thread.
/// </summary>
internal sealed class RaftCertificates
{
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);

    private readonly RaftTlsOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();

    // Guarded by _lock.
    private Loaded _current;
    private long _checkedAt;

    /// <summary>Reads the files.</summary>
    /// <exception cref="LogFailedException">A file is missing or not what it should be.</exception>
    public RaftCertificates(RaftTlsOptions options, TimeProvider time, ILogger logger)
    {
        _options = options;
        _time = time;
        _logger = logger;
        _checkedAt = time.GetTimestamp();
        try
        {
            _current = Load();
        }
        catch (Exception e) when (IsUnusable(e))
        {
            throw new LogFailedException($"The certificates for the Raft transport cannot be used: {e.Message}", e);
        }
    }

    public SslServerAuthenticationOptions ForServer()
    {
        var loaded = Current();
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = loaded.Own,
            ClientCertificateRequired = true,
            CertificateChainPolicy = ChainPolicy(loaded),
            AllowRenegotiation = false,
        };
    }

    public SslClientAuthenticationOptions ForClient(string expectedName)
    {
        var loaded = Current();
        return new SslClientAuthenticationOptions
        {
            TargetHost = expectedName,
            ClientCertificateContext = loaded.Own,
            CertificateChainPolicy = ChainPolicy(loaded),
            AllowRenegotiation = false,
        };
    }

    /// <summary>Whether the peer's certificate has this very name; a wildcard would speak for every node.</summary>
    public static bool Names(X509Certificate? certificate, string name) =>
        certificate is X509Certificate2 known && known.MatchesHostname(name, allowWildcards: false, allowCommonName: false);

    private Loaded Current()
    {
        lock (_lock)
        {
            if (_time.GetElapsedTime(_checkedAt) < CheckInterval)
            {
                return _current;
            }

            _checkedAt = _time.GetTimestamp();
            try
            {
                // By content, not by date: a mounted secret is swapped behind a link whose own date never changes.
                if (!_current.Digest.AsSpan().SequenceEqual(Digest()))
                {
                    _current = Load();
                    RaftTransportLog.CertificatesReloaded(_logger, _current.Own.TargetCertificate.NotAfter);
                }
            }
            catch (Exception e) when (IsUnusable(e))
            {
                RaftTransportLog.CertificatesUnusable(_logger, e.Message);
            }

            return _current;
        }
    }

    private Loaded Load()
    {
        var digest = Digest();
        var own = X509Certificate2.CreateFromPemFile(_options.CertificateFile, _options.KeyFile);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(_options.CertificateFile);
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(_options.AuthoritiesFile);
        return authorities.Count == 0
            ? throw new CryptographicException($"{_options.AuthoritiesFile} holds no certificate.")
            : new Loaded(digest, SslStreamCertificateContext.Create(own, chain, offline: true), authorities);
    }

    private byte[] Digest()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(File.ReadAllBytes(_options.CertificateFile));
        hash.AppendData(File.ReadAllBytes(_options.KeyFile));
        hash.AppendData(File.ReadAllBytes(_options.AuthoritiesFile));
        return hash.GetHashAndReset();
    }

    private static X509ChainPolicy ChainPolicy(Loaded loaded)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            // A private authority has no revocation service to ask; short lifetimes and a new authority are the means.
            RevocationMode = X509RevocationMode.NoCheck,
        };
        policy.CustomTrustStore.AddRange(loaded.Authorities);
        return policy;
    }

    private static bool IsUnusable(Exception e) =>
        e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException;

    private sealed record Loaded(byte[] Digest, SslStreamCertificateContext Own, X509Certificate2Collection Authorities);
}
