using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Spillway.Raft.Transport;

namespace Spillway.Raft.Tests.Transport;

/// <summary>A certificate authority that lives as long as a test, and the files it issues.</summary>
internal sealed class TestAuthority : IDisposable
{
    private static readonly Oid ServerAuthentication = new("1.3.6.1.5.5.7.3.1");
    private static readonly Oid ClientAuthentication = new("1.3.6.1.5.5.7.3.2");

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _certificate;
    private readonly string _folder;

    public TestAuthority(string name, string folder)
    {
        var request = new CertificateRequest($"CN={name}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        _certificate = request.CreateSelfSigned(now.AddHours(-1), now.AddHours(1));
        _folder = Path.Combine(folder, name);
        Directory.CreateDirectory(_folder);
        File.WriteAllText(AuthoritiesFile, _certificate.ExportCertificatePem());
    }

    public string AuthoritiesFile => Path.Combine(_folder, "authorities.pem");

    /// <summary>Writes a certificate with this name, and its key, into files of the node.</summary>
    public RaftTlsOptions Issue(ulong nodeId, string? name = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=a metadata node", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name ?? RaftTlsOptions.NameOf(nodeId, TestNode.Cluster));
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([ServerAuthentication, ClientAuthentication], true));
        var now = TimeProvider.System.GetUtcNow();
        using var issued = request.Create(
            _certificate, now.AddMinutes(-10), now.AddMinutes(30), Guid.NewGuid().ToByteArray());
        var files = new RaftTlsOptions(
            Path.Combine(_folder, $"node-{nodeId}.crt"), Path.Combine(_folder, $"node-{nodeId}.key"), AuthoritiesFile);
        File.WriteAllText(files.CertificateFile, issued.ExportCertificatePem());
        File.WriteAllText(files.KeyFile, key.ExportPkcs8PrivateKeyPem());
        return files;
    }

    public void Dispose()
    {
        _key.Dispose();
        _certificate.Dispose();
    }
}
