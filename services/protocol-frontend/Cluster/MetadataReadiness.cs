using Spillway.ServiceDefaults.Health;

namespace Spillway.ProtocolFrontend.Cluster;

/// <summary>Ready once metadata has given the image and a node id: before that a client would be told nothing true.</summary>
internal sealed class MetadataReadiness(ClusterView cluster, FrontendIdentity identity) : IReadinessCheck
{
    public string Name => "metadata";

    public ValueTask<string?> FindReasonNotReadyAsync(CancellationToken cancellationToken) => ValueTask.FromResult(
        !cluster.IsKnown ? "no cluster image yet"
        : identity.NodeId < 0 ? "not registered yet"
        : null);
}
