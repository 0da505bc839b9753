using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Contracts;

/// <summary>
/// Registrations and leases of frontends, writers and compactors.
/// Implemented by the metadata service itself (in-process) and by a client over gRPC; a failed call throws RpcException in both.
/// </summary>
public interface IRegistrationService
{
    /// <summary>See the contract under proto/spillway.</summary>
    Task<RegisterReply> RegisterAsync(RegisterRequest request, CancellationToken cancellationToken);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<RenewReply> RenewAsync(RenewRequest request, CancellationToken cancellationToken);

    /// <summary>See the contract under proto/spillway.</summary>
    Task<DeregisterReply> DeregisterAsync(DeregisterRequest request, CancellationToken cancellationToken);
}
