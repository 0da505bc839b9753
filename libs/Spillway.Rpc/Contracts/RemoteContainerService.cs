using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Contracts;

/// <summary>Calls another process for what holds bytes.</summary>
public sealed class RemoteContainerService(MetadataChannels channels) : IContainerService
{
    /// <inheritdoc/>
    public Task<ListContainersReply> ListContainersAsync(ListContainersRequest request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(ContainerMethods.ListContainers, request, CallRule.Repeatable, cancellationToken);
}
