using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Contracts;

/// <summary>Calls another process for registrations and leases.</summary>
public sealed class RemoteRegistrationService(MetadataChannels channels) : IRegistrationService
{
    /// <inheritdoc/>
    public Task<RegisterReply> RegisterAsync(RegisterRequest request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(RegistrationMethods.Register, request, CallRule.Repeatable, cancellationToken);

    /// <inheritdoc/>
    public Task<RenewReply> RenewAsync(RenewRequest request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(RegistrationMethods.Renew, request, CallRule.Repeatable, cancellationToken);

    /// <inheritdoc/>
    public Task<DeregisterReply> DeregisterAsync(DeregisterRequest request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(RegistrationMethods.Deregister, request, CallRule.Repeatable, cancellationToken);
}
