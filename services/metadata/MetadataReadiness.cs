using Spillway.Metadata.Log;
using Spillway.ServiceDefaults.Health;

namespace Spillway.Metadata;

/// <summary>Ready once this node leads, or knows who does and can say so.</summary>
internal sealed class MetadataReadiness(MetadataNode node) : IReadinessCheck
{
    public string Name => "metadata-log";

    public ValueTask<string?> FindReasonNotReadyAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult(node.Leadership.LeaderId != 0 ? null : "no leader is known");
}
