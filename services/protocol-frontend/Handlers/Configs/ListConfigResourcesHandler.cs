using System.Globalization;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Connections;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Handlers.Configs;

/// <summary>
/// ListConfigResources (KIP-1142): what configs can be described of. Version 0 is ListClientMetricsResources of KIP-714.
/// </summary>
internal sealed class ListConfigResourcesHandler(ClusterView cluster, Brokers brokers, ILogger<ListConfigResourcesHandler> logger)
    : ApiHandler<ListConfigResourcesRequest, ListConfigResourcesResponse>(logger)
{
    private static readonly sbyte[] ServedTypes =
    [
        ConfigResourceTypes.Group, ConfigResourceTypes.ClientMetrics, ConfigResourceTypes.BrokerLogger, ConfigResourceTypes.Broker,
        ConfigResourceTypes.Topic,
    ];

    public override ApiKey ApiKey => ApiKey.ListConfigResources;

    protected override async ValueTask<ListConfigResourcesResponse> HandleAsync(RequestContext context, ListConfigResourcesRequest request)
    {
        sbyte[] served = context.ApiVersion == 0 ? [ConfigResourceTypes.ClientMetrics] : ServedTypes;
        if (request.ResourceTypes.Exists(type => !served.Contains(type)))
        {
            return Fail(context, request, ErrorCode.UnsupportedVersion);
        }

        var image = await cluster.GetCurrentAsync(context.Aborted).ConfigureAwait(false);
        var response = new ListConfigResourcesResponse();
        foreach (var type in served)
        {
            if (request.ResourceTypes.Count == 0 || request.ResourceTypes.Contains(type))
            {
                foreach (var name in Names(image, type))
                {
                    response.ConfigResources.Add(new() { ResourceName = name, ResourceType = type });
                }
            }
        }

        return response;
    }

    protected override ListConfigResourcesResponse Fail(RequestContext context, ListConfigResourcesRequest request, ErrorCode error) =>
        new() { ErrorCode = (short)error };

    private IEnumerable<string> Names(ClusterImage image, sbyte type) => type switch
    {
        ConfigResourceTypes.Topic => image.TopicsByName.Keys,
        ConfigResourceTypes.Group => image.Configured(ConfigResourceKind.Group),
        ConfigResourceTypes.ClientMetrics => image.Configured(ConfigResourceKind.ClientMetrics),
        _ => brokers.All().Select(static broker => broker.NodeId.ToString(CultureInfo.InvariantCulture)),
    };
}
