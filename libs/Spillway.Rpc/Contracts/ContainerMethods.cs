using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Contracts;

/// <summary>The methods of <c>spillway.metadata.v1.Containers</c>: what holds bytes.</summary>
public static class ContainerMethods
{
    private const string Service = "spillway.metadata.v1.Containers";

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<ListContainersRequest, ListContainersReply> ListContainers { get; } =
        RpcMethod.Create<ListContainersRequest, ListContainersReply>(Service, "ListContainers");
}
