using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Contracts;

/// <summary>
/// The nodes of the metadata service: who they are, who leads, and changes of who belongs to it.
/// Implemented by the metadata service itself (in-process) and by a client over gRPC; a failed call throws RpcException in both.
/// </summary>
public interface IMembersService
{
    /// <summary>See the contract under proto/spillway.</summary>
    Task<MembersStatusResult> StatusAsync(MembersStatusCall request, CancellationToken cancellationToken);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<MembersChangeResult> AddLearnerAsync(AddLearnerCall request, CancellationToken cancellationToken);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<MembersChangeResult> PromoteAsync(PromoteCall request, CancellationToken cancellationToken);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<MembersChangeResult> RemoveAsync(RemoveMemberCall request, CancellationToken cancellationToken);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<TransferLeadershipResult> TransferLeadershipAsync(TransferLeadershipCall request, CancellationToken cancellationToken);
}
