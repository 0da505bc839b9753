using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Connections;

namespace Spillway.ProtocolFrontend.Handlers;

/// <summary>FindCoordinator: a frontend of the client's own zone; every frontend forwards to the metadata leader.</summary>
internal sealed class FindCoordinatorHandler(Brokers brokers, ClientZones zones, ILogger<FindCoordinatorHandler> logger)
    : ApiHandler<FindCoordinatorRequest, FindCoordinatorResponse>(logger)
{
    private const sbyte GroupKey = 0;
    private const sbyte TransactionKey = 1;

    // KIP-699: from this version on many keys are asked for at once.
    private const short ManyKeysVersion = 4;

    public override ApiKey ApiKey => ApiKey.FindCoordinator;

    protected override ValueTask<FindCoordinatorResponse> HandleAsync(RequestContext context, FindCoordinatorRequest request)
    {
        var zone = zones.Find(context.ClientId, context.ClientAddress);
        var response = new FindCoordinatorResponse();
        if (context.ApiVersion >= ManyKeysVersion)
        {
            foreach (var key in request.CoordinatorKeys)
            {
                response.Coordinators.Add(Find(zone, request.KeyType, key));
            }

            return ValueTask.FromResult(response);
        }

        var one = Find(zone, request.KeyType, request.Key);
        (response.ErrorCode, response.ErrorMessage) = (one.ErrorCode, one.ErrorMessage);
        (response.NodeId, response.Host, response.Port) = (one.NodeId, one.Host, one.Port);
        return ValueTask.FromResult(response);
    }

    protected override FindCoordinatorResponse Fail(RequestContext context, FindCoordinatorRequest request, ErrorCode error)
    {
        var response = new FindCoordinatorResponse();
        if (context.ApiVersion >= ManyKeysVersion)
        {
            foreach (var key in request.CoordinatorKeys)
            {
                response.Coordinators.Add(Failed(key, error, null));
            }
        }
        else
        {
            (response.ErrorCode, response.NodeId, response.Port) = ((short)error, -1, -1);
        }

        return response;
    }

    private static FindCoordinatorResponse.Coordinator Failed(string key, ErrorCode error, string? message) =>
        new() { Key = key, NodeId = -1, Host = "", Port = -1, ErrorCode = (short)error, ErrorMessage = message };

    private FindCoordinatorResponse.Coordinator Find(string zone, sbyte keyType, string key)
    {
        if (keyType is not (GroupKey or TransactionKey))
        {
            return Failed(
                key,
                ErrorCode.InvalidRequest,
                $"coordinators of key type {keyType} are not served: only groups (0) and transactions (1) are");
        }

        return brokers.CoordinatorOf(zone, key) is { } frontend
            ? new() { Key = key, NodeId = frontend.NodeId, Host = frontend.Host, Port = frontend.Port }
            : Failed(key, ErrorCode.CoordinatorNotAvailable, "this frontend is not registered yet");
    }
}
