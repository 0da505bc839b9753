using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Contracts;

/// <summary>Calls another process for registrations and leases.</summary>
public sealed class RemoteRegistrationService(RpcChannel channel) : IRegistrationService
{
    /// <inheritdoc/>
    public Task<RegisterReply> RegisterAsync(RegisterRequest request, CancellationToken cancellationToken) =>
        channel.UnaryAsync(RegistrationMethods.Register, request, cancellationToken);


    /// <inheritdoc/>
    public Task<RenewReply> RenewAsync(RenewRequest request, CancellationToken cancellationToken) =>
        channel.UnaryAsync(RegistrationMethods.Renew, request, cancellationToken);


    /// <inheritdoc/>
    public Task<DeregisterReply> DeregisterAsync(DeregisterRequest request, CancellationToken cancellationToken) =>
        channel.UnaryAsync(RegistrationMethods.Deregister, request, cancellationToken);
}
