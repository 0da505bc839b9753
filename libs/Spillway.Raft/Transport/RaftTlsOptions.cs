namespace Spillway.Raft.Transport;

/// <summary>
/// Files for mutual TLS between the nodes of a group, all PEM. They are read again when they change; connections that
/// exist go on. Each node's certificate names it by the DNS name <c>node-&lt;node id&gt;.&lt;cluster id&gt;.spillway</c>.
/// </summary>
/// <param name="CertificateFile">The node's certificate, and behind it the intermediate ones, if any.</param>
/// <param name="KeyFile">Its private key.</param>
/// <param name="AuthoritiesFile">The authorities whose certificates are believed, and no others.</param>
public sealed record RaftTlsOptions(string CertificateFile, string KeyFile, string AuthoritiesFile)
{
    /// <summary>The name that a node's certificate must have.</summary>
    /// <param name="nodeId">The node.</param>
    /// <param name="clusterId">Its cluster.</param>
    /// <returns>A DNS name.</returns>
    public static string NameOf(ulong nodeId, Guid clusterId) => $"node-{nodeId}.{clusterId:D}.spillway";
}
