using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Connections;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Handlers.Admin;

/// <summary>IncrementalAlterConfigs (KIP-339) of topics, and of all brokers together.</summary>
internal sealed class IncrementalAlterConfigsHandler(
    IAdminService admin, ClusterView cluster, ILogger<IncrementalAlterConfigsHandler> logger)
    : ApiHandler<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(logger)
{
    private const sbyte LastOperation = 3;

    public override ApiKey ApiKey => ApiKey.IncrementalAlterConfigs;

    protected override async ValueTask<IncrementalAlterConfigsResponse> HandleAsync(
        RequestContext context, IncrementalAlterConfigsRequest request)
    {
        var response = new IncrementalAlterConfigsResponse();
        var call = new AlterConfigsCall { ValidateOnly = request.ValidateOnly };
        var waiting = new List<IncrementalAlterConfigsResponse.AlterConfigsResourceResponse>();
        foreach (var resource in request.Resources)
        {
            var result = new IncrementalAlterConfigsResponse.AlterConfigsResourceResponse
            {
                ResourceType = resource.ResourceType, ResourceName = resource.ResourceName,
            };
            response.Responses.Add(result);
            if (FindError(resource) is { } message)
            {
                (result.ErrorCode, result.ErrorMessage) = ((short)ErrorCode.InvalidRequest, message);
                continue;
            }

            call.Changes.Add(Convert(resource));
            waiting.Add(result);
        }

        if (waiting.Count > 0)
        {
            await AlterAsync(call, waiting, context).ConfigureAwait(false);
        }

        return response;
    }

    protected override IncrementalAlterConfigsResponse Fail(
        RequestContext context, IncrementalAlterConfigsRequest request, ErrorCode error)
    {
        var response = new IncrementalAlterConfigsResponse();
        foreach (var resource in request.Resources)
        {
            response.Responses.Add(new()
            {
                ErrorCode = (short)error, ResourceType = resource.ResourceType, ResourceName = resource.ResourceName,
            });
        }

        return response;
    }

    private static string? FindError(IncrementalAlterConfigsRequest.AlterConfigsResource resource) =>
        resource.ResourceType is not (ConfigResourceTypes.Topic or ConfigResourceTypes.Broker)
            ? $"Configs of resource type {resource.ResourceType} cannot be altered."
        : resource.ResourceType == ConfigResourceTypes.Broker && resource.ResourceName.Length > 0
            ? "Brokers keep no configs of their own: alter those of all brokers (an empty name)."
        : resource.Configs.GroupBy(static config => config.Name, StringComparer.Ordinal).FirstOrDefault(static group => group.Count() > 1) is { } twice
            ? $"The config {twice.Key} is named more than once in the request."
        : resource.Configs.Find(static config => config.ConfigOperation is < 0 or > LastOperation) is { } unknown
            ? $"There is no config operation {unknown.ConfigOperation}."
        : null;

    private static ConfigChange Convert(IncrementalAlterConfigsRequest.AlterConfigsResource resource)
    {
        var change = new ConfigChange
        {
            Kind = resource.ResourceType == ConfigResourceTypes.Topic ? ConfigResourceKind.Topic : ConfigResourceKind.Broker,
            Name = resource.ResourceName,
        };
        foreach (var config in resource.Configs)
        {
            var operation = new ConfigOperation { Key = config.Name, Kind = (ConfigOperation.Types.Kind)config.ConfigOperation };
            if (config.Value is not null)
            {
                operation.Value = config.Value;
            }

            change.Operations.Add(operation);
        }

        return change;
    }

    private async ValueTask AlterAsync(
        AlterConfigsCall call, List<IncrementalAlterConfigsResponse.AlterConfigsResourceResponse> waiting, RequestContext context)
    {
        var reply = await admin.AlterConfigsAsync(call, context.Aborted).ConfigureAwait(false);
        if (!call.ValidateOnly)
        {
            await cluster.WhenAtLeastAsync(reply.ImageVersion, context.Aborted).ConfigureAwait(false);
        }

        for (var i = 0; i < waiting.Count; i++)
        {
            waiting[i].ErrorCode = (short)reply.Results[i].ErrorCode;
            waiting[i].ErrorMessage = reply.Results[i].ErrorMessage.Length == 0 ? null : reply.Results[i].ErrorMessage;
        }
    }
}
