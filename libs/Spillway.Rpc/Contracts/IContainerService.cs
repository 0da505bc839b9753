using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Contracts;

/// <summary>
/// All that metadata knows to hold bytes: WAL segments and objects.
/// Implemented by the metadata service itself (in-process) and by a client over gRPC; a failed call throws RpcException in both.
/// </summary>
public interface IContainerService
{
    /// <summary>See the contract under proto/spillway.</summary>
    Task<ListContainersReply> ListContainersAsync(ListContainersRequest request, CancellationToken cancellationToken);
}
