using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Connections;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Handlers;

/// <summary>DescribeCluster: the frontends as brokers. There are no controllers that a client could talk to.</summary>
internal sealed class DescribeClusterHandler(ClusterView cluster, Brokers brokers, ILogger<DescribeClusterHandler> logger)
    : ApiHandler<DescribeClusterRequest, DescribeClusterResponse>(logger)
{
    private const sbyte BrokersEndpoint = 1;
    private const sbyte ControllersEndpoint = 2;

    public override ApiKey ApiKey => ApiKey.DescribeCluster;

    protected override ValueTask<DescribeClusterResponse> HandleAsync(RequestContext context, DescribeClusterRequest request)
    {
        var response = new DescribeClusterResponse
        {
            EndpointType = request.EndpointType,
            ClusterId = ClusterIds.Format(cluster.Image.ClusterId),
            ControllerId = brokers.OwnNodeId,
            ClusterAuthorizedOperations =
                request.IncludeClusterAuthorizedOperations ? AuthorizedOperations.Cluster : AuthorizedOperations.NotAsked,
        };
        if (request.EndpointType != BrokersEndpoint)
        {
            // KIP-919: a broker's listener describes brokers only.
            (var error, response.ErrorMessage) = request.EndpointType == ControllersEndpoint
                ? (ErrorCode.MismatchedEndpointType, "The request was sent to a broker; controllers are not to be had here.")
                : (ErrorCode.UnsupportedEndpointType, $"There is no endpoint type {request.EndpointType}.");
            response.ErrorCode = (short)error;
            return ValueTask.FromResult(response);
        }

        foreach (var frontend in brokers.All())
        {
            response.Brokers.Add(new DescribeClusterResponse.DescribeClusterBroker
            {
                BrokerId = frontend.NodeId,
                Host = frontend.Host,
                Port = frontend.Port,
                Rack = frontend.Zone,
            });
        }

        if (request.IncludeFencedBrokers)
        {
            AddFenced(response);
        }

        return ValueTask.FromResult(response);
    }

    protected override DescribeClusterResponse Fail(RequestContext context, DescribeClusterRequest request, ErrorCode error) =>
        new() { ErrorCode = (short)error };

    // KIP-1073: brokers that are registered and not live.
    private void AddFenced(DescribeClusterResponse response)
    {
        foreach (var node in cluster.Image.Nodes)
        {
            if (node is { Kind: NodeKind.Frontend, Live: false })
            {
                response.Brokers.Add(new DescribeClusterResponse.DescribeClusterBroker
                {
                    BrokerId = node.NodeId,
                    Host = node.AdvertisedHost,
                    Port = node.AdvertisedPort,
                    Rack = node.Zone,
                    IsFenced = true,
                });
            }
        }
    }
}
