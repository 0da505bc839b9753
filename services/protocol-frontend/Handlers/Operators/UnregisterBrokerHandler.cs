using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Connections;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Handlers.Operators;

/// <summary>
/// UnregisterBroker (KIP-500): ends a frontend's registration, as when its lease ends. One that lives registers again at once; its id stays
/// its name's.
/// </summary>
internal sealed class UnregisterBrokerHandler(
    IRegistrationService registrations, ClusterView cluster, ILogger<UnregisterBrokerHandler> logger)
    : ApiHandler<UnregisterBrokerRequest, UnregisterBrokerResponse>(logger)
{
    public override ApiKey ApiKey => ApiKey.UnregisterBroker;

    protected override async ValueTask<UnregisterBrokerResponse> HandleAsync(RequestContext context, UnregisterBrokerRequest request)
    {
        var image = await cluster.GetCurrentAsync(context.Aborted).ConfigureAwait(false);
        var node = image.Nodes.FirstOrDefault(node => node.Kind == NodeKind.Frontend && node.NodeId == request.BrokerId);
        if (node is null)
        {
            return new UnregisterBrokerResponse
            {
                ErrorCode = (short)ErrorCode.BrokerIdNotRegistered,
                ErrorMessage = $"Broker ID {request.BrokerId} is not currently registered",
            };
        }

        if (node.Live)
        {
            await registrations.DeregisterAsync(
                new DeregisterRequest { Kind = node.Kind, NodeId = node.NodeId, Epoch = node.Epoch }, context.Aborted).ConfigureAwait(false);
        }

        return new UnregisterBrokerResponse();
    }

    protected override UnregisterBrokerResponse Fail(RequestContext context, UnregisterBrokerRequest request, ErrorCode error) =>
        new() { ErrorCode = (short)error };
}
