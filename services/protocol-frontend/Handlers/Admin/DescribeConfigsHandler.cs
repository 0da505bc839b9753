using System.Globalization;
using Spillway.Kafka.Configs;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Connections;

namespace Spillway.ProtocolFrontend.Handlers.Admin;

/// <summary>DescribeConfigs of topics and brokers.</summary>
internal sealed class DescribeConfigsHandler(
    ClusterView cluster, Brokers brokers, TopicConfigAnswers answers, ILogger<DescribeConfigsHandler> logger)
    : ApiHandler<DescribeConfigsRequest, DescribeConfigsResponse>(logger)
{
    public override ApiKey ApiKey => ApiKey.DescribeConfigs;

    protected override async ValueTask<DescribeConfigsResponse> HandleAsync(RequestContext context, DescribeConfigsRequest request)
    {
        var image = await cluster.GetCurrentAsync(context.Aborted).ConfigureAwait(false);
        var response = new DescribeConfigsResponse();
        foreach (var resource in request.Resources)
        {
            response.Results.Add(Describe(image, resource, request));
        }

        return response;
    }

    protected override DescribeConfigsResponse Fail(RequestContext context, DescribeConfigsRequest request, ErrorCode error)
    {
        var response = new DescribeConfigsResponse();
        foreach (var resource in request.Resources)
        {
            response.Results.Add(Failed(resource, error, null));
        }

        return response;
    }

    private static DescribeConfigsResponse.DescribeConfigsResult Failed(
        DescribeConfigsRequest.DescribeConfigsResource resource, ErrorCode error, string? message) => new()
        {
            ErrorCode = (short)error,
            ErrorMessage = message,
            ResourceType = resource.ResourceType,
            ResourceName = resource.ResourceName,
        };

    private DescribeConfigsResponse.DescribeConfigsResult Describe(
        ClusterImage image, DescribeConfigsRequest.DescribeConfigsResource resource, DescribeConfigsRequest request)
    {
        switch (resource.ResourceType)
        {
            case ConfigResourceTypes.Topic when !TopicName.TryValidate(resource.ResourceName, out var error):
                return Failed(resource, ErrorCode.InvalidTopicException, error);
            case ConfigResourceTypes.Topic when image.FindTopic(resource.ResourceName) is { } topic:
                return Result(resource, TopicConfigs.All, definition => TopicConfigAnswers.DescribeTopic(definition, topic.Config, request));
            case ConfigResourceTypes.Topic:
                return Failed(resource, ErrorCode.UnknownTopicOrPartition, null);
            case ConfigResourceTypes.Broker when IsBroker(resource.ResourceName):
                return Result(resource, BrokerConfigs.All, definition => answers.DescribeBroker(definition, request));
            case ConfigResourceTypes.Broker:
                return Failed(resource, ErrorCode.InvalidRequest, $"There is no broker '{resource.ResourceName}'.");
            default:
                return Failed(resource, ErrorCode.InvalidRequest, $"Configs of resource type {resource.ResourceType} are not served.");
        }
    }

    // An empty name asks for what holds for all brokers.
    private bool IsBroker(string name) => name.Length == 0
        || (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var nodeId) && brokers.Find(nodeId) is not null);

    private static DescribeConfigsResponse.DescribeConfigsResult Result(
        DescribeConfigsRequest.DescribeConfigsResource resource,
        IReadOnlyList<ConfigDefinition> definitions,
        Func<ConfigDefinition, DescribeConfigsResponse.DescribeConfigsResourceResult> describe)
    {
        var result = new DescribeConfigsResponse.DescribeConfigsResult
        {
            ResourceType = resource.ResourceType, ResourceName = resource.ResourceName,
        };
        foreach (var definition in definitions)
        {
            if (resource.ConfigurationKeys is not { Count: > 0 } keys || keys.Contains(definition.Name))
            {
                result.Configs.Add(describe(definition));
            }
        }

        return result;
    }
}
