using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Cluster;

/// <summary>Where writers are reached, as the newest image says. Thread-safe.</summary>
internal sealed class WriterAddresses(ClusterView cluster)
{
    public ValueTask<string?> FindAsync(int writerId, CancellationToken cancellationToken)
    {
        foreach (var node in cluster.Image.Nodes)
        {
            if (node is { Kind: NodeKind.Writer, Live: true } && node.NodeId == writerId)
            {
                return new(node.RpcAddress);
            }
        }

        return new((string?)null);
    }
}
