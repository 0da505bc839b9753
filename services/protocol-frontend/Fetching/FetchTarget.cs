using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Tails;

namespace Spillway.ProtocolFrontend.Fetching;

/// <summary>One partition of a fetch: what was asked, and the view that serves it or the error that it gets.</summary>
internal sealed class FetchTarget(AskedPartition asked, PartitionView? view, ErrorCode error)
{
    public FetchRequest.FetchPartition Asked { get; } = asked.Partition;

    public string Topic { get; } = asked.Topic;

    public Guid TopicId { get; } = asked.TopicId;

    public PartitionView? View { get; } = view;

    public ErrorCode Error { get; set; } = error;

    /// <summary>The node that the client is sent to for the partition, or −1: it is served here.</summary>
    public int PreferredReadReplica { get; init; } = PreferredReplicas.None;

    /// <summary>The partition's end as the last pass saw it; a wait is only worth it while it stays there.</summary>
    public long SeenEndOffset { get; set; } = -1;
}
