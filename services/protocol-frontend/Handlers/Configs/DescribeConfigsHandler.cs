using System.Globalization;
using Spillway.Kafka.Configs;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Connections;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Handlers.Configs;

/// <summary>DescribeConfigs of topics, brokers and their logs, groups and client metrics subscriptions. A broker tells of itself only.</summary>
internal sealed class DescribeConfigsHandler(
    ClusterView cluster, Brokers brokers, ConfigAnswers answers, BrokerLoggers loggers, ILogger<DescribeConfigsHandler> logger)
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
        var name = resource.ResourceName;
        switch (resource.ResourceType)
        {
            case ConfigResourceTypes.Topic when !TopicName.TryValidate(name, out var error):
                return Failed(resource, ErrorCode.InvalidTopicException, error);
            case ConfigResourceTypes.Topic when image.FindTopic(name) is { } topic:
                return Result(resource, ConfigAnswers.OfTopic(topic.Config, request));
            case ConfigResourceTypes.Topic:
                return Failed(resource, ErrorCode.UnknownTopicOrPartition, null);
            case ConfigResourceTypes.Broker when name.Length == 0:
                return Result(resource, answers.OfAllBrokers(request));
            case ConfigResourceTypes.BrokerLogger when name.Length == 0:
                return Failed(resource, ErrorCode.InvalidRequest, "Broker id must not be empty");
            case ConfigResourceTypes.Broker or ConfigResourceTypes.BrokerLogger when FindBrokerFault(name) is { } fault:
                return Failed(resource, ErrorCode.InvalidRequest, fault);
            case ConfigResourceTypes.Broker:
                return Result(resource, answers.OfBroker(request));
            case ConfigResourceTypes.BrokerLogger:
                return Result(resource, ConfigAnswers.OfLoggers(loggers));
            case ConfigResourceTypes.ClientMetrics when name.Length == 0:
                return Failed(resource, ErrorCode.InvalidRequest, "Client metrics subscription name must not be empty");
            case ConfigResourceTypes.ClientMetrics:
                return Result(resource, ConfigAnswers.OfClientMetrics(image.ConfigsOf(ConfigResourceKind.ClientMetrics, name), request));
            case ConfigResourceTypes.Group when name.Length == 0:
                return Failed(resource, ErrorCode.InvalidRequest, "Group name must not be empty");
            case ConfigResourceTypes.Group:
                return Result(resource, answers.OfGroup(image.ConfigsOf(ConfigResourceKind.Group, name), request));
            default:
                return Failed(resource, ErrorCode.InvalidRequest, $"Configs of resource type {resource.ResourceType} are not served.");
        }
    }

    private string? FindBrokerFault(string name) =>
        !int.TryParse(name, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var nodeId)
            ? $"Broker id must be an integer, but it is: {name}"
        : nodeId != brokers.OwnNodeId
            ? $"Unexpected broker id, expected {brokers.OwnNodeId} or empty string, but received {name}"
        : null;

    private static DescribeConfigsResponse.DescribeConfigsResult Result(
        DescribeConfigsRequest.DescribeConfigsResource resource, IEnumerable<DescribeConfigsResponse.DescribeConfigsResourceResult> configs)
    {
        var result = new DescribeConfigsResponse.DescribeConfigsResult
        {
            ResourceType = resource.ResourceType, ResourceName = resource.ResourceName,
        };
        var keys = resource.ConfigurationKeys is { Count: > 0 } asked ? asked.ToHashSet(StringComparer.Ordinal) : null;
        result.Configs.AddRange(configs.Where(config => keys is null || keys.Contains(config.Name)));
        return result;
    }
}
