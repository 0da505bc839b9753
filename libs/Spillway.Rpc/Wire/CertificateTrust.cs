using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Spillway.Rpc;

/// <summary>How both sides of mTLS check the other: a chain to the authorities that were configured, and to no others.</summary>
internal static class CertificateTrust
{
    public static Oid ClientAuthentication { get; } = new("1.3.6.1.5.5.7.3.2");

    public static X509ChainPolicy CreatePolicy(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            // A private authority has no revocation service to ask; short lifetimes and a new authority are the means.
            RevocationMode = X509RevocationMode.NoCheck,
        };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }
}
