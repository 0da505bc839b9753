using Spillway.Metadata.Log;
using Spillway.Rpc;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Registrations;

/// <summary>Answers for registrations and leases.</summary>
internal sealed class RegistrationService(MetadataNode node, MetadataOptions options) : IRegistrationService
{
    private long LeaseMs => (long)options.NodeLease.TotalMilliseconds;

    public Task<RegisterReply> RegisterAsync(RegisterRequest request, CancellationToken cancellationToken)
    {
        if (!IsKnown(request.Kind) || request.Name.Length == 0 || request.ProcessId.Length == 0)
        {
            throw new RpcException(RpcStatusCode.InvalidArgument, "A registration needs a kind, a name and a process id.");
        }

        return node.ProposeAsync<RegisterReply>(
            new Command { RegisterNode = new RegisterNode { Request = request, LeaseMs = LeaseMs } }, cancellationToken);
    }

    public Task<RenewReply> RenewAsync(RenewRequest request, CancellationToken cancellationToken) =>
        node.ProposeAsync<RenewReply>(
            new Command { RenewNode = new RenewNode { Request = request, LeaseMs = LeaseMs } }, cancellationToken);

    public Task<DeregisterReply> DeregisterAsync(DeregisterRequest request, CancellationToken cancellationToken) =>
        node.ProposeAsync<DeregisterReply>(new Command { DeregisterNode = request }, cancellationToken);

    private static bool IsKnown(NodeKind kind) =>
        kind is NodeKind.Frontend or NodeKind.Writer or NodeKind.Compactor;
}
