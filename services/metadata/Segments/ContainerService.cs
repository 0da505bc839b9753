using Google.Protobuf;
using Spillway.Metadata.Log;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Segments;

/// <summary>Lists segments and objects for checks from outside.</summary>
internal sealed class ContainerService(MetadataNode node) : IContainerService
{
    private const int CountMax = 1000;

    /// <summary>Ids looked at in one page: those that are gone cost as much, and nothing is applied meanwhile. Some hundred microseconds.</summary>
    private const int ProbeCountMax = 20_000;

    public async Task<ListContainersReply> ListContainersAsync(ListContainersRequest request, CancellationToken cancellationToken)
    {
        await node.BarrierAsync(cancellationToken);
        return node.Read(state => Read(state, request, node.NowMs));
    }

    internal static ListContainersReply Read(MetadataState state, ListContainersRequest request, long nowMs)
    {
        var containers = state.Containers;
        var reply = new ListContainersReply
        {
            AfterKind = request.AfterKind == ContainerKind.Object ? ContainerKind.Object : ContainerKind.WalSegment,
            AfterId = request.AfterKind is ContainerKind.Object or ContainerKind.WalSegment ? Math.Max(request.AfterId, 0) : 0,
            ClusterId = ByteString.CopyFrom(state.ClusterId),
            LastSegmentId = containers.LastSegmentId,
            LastObjectId = containers.LastObjectId,
            NowMs = nowMs,
        };
        var countMax = request.CountMax <= 0 ? CountMax : Math.Min(request.CountMax, CountMax);
        for (var probes = 0; reply.Containers.Count < countMax && probes < ProbeCountMax; probes++)
        {
            if (reply.AfterKind == ContainerKind.WalSegment && reply.AfterId >= containers.LastSegmentId)
            {
                reply.AfterKind = ContainerKind.Object;
                reply.AfterId = 0;
            }

            if (reply.AfterKind == ContainerKind.Object && reply.AfterId >= containers.LastObjectId)
            {
                return reply;
            }

            reply.AfterId++;
            if (containers.Find(reply.AfterKind, reply.AfterId) is { } container)
            {
                reply.Containers.Add(Describe(container));
            }
        }

        reply.More = true;
        return reply;
    }

    private static ContainerStatus Describe(Container container) => new()
    {
        Location = container.ToLocation(),
        State = container.IsClosed ? ContainerState.Closed : ContainerState.Open,
        SizeBytes = (container as Objects.DataObject)?.SizeBytes ?? 0,
        LiveEntries = container.LiveEntries,
        LiveBytes = container.LiveBytes,
        UnreferencedAtMs = container.UnreferencedAtMs,
        JobId = container.JobId,
    };
}
