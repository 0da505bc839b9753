using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Connections;

namespace Spillway.ProtocolFrontend.Handlers.Configs;

/// <summary>IncrementalAlterConfigs (KIP-339).</summary>
internal sealed class IncrementalAlterConfigsHandler(ConfigAlterations alterations, ILogger<IncrementalAlterConfigsHandler> logger)
    : ApiHandler<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(logger)
{
    public override ApiKey ApiKey => ApiKey.IncrementalAlterConfigs;

    protected override async ValueTask<IncrementalAlterConfigsResponse> HandleAsync(
        RequestContext context, IncrementalAlterConfigsRequest request)
    {
        var asked = request.Resources.ConvertAll(static resource => new AskedChange(
            resource.ResourceType,
            resource.ResourceName,
            resource.Configs.ConvertAll(static config => new AskedConfig(config.Name, config.ConfigOperation, config.Value)),
            Replace: false));
        var answers = await alterations.AlterAsync(asked, request.ValidateOnly, context.Aborted).ConfigureAwait(false);
        return Answer(request, answers);
    }

    protected override IncrementalAlterConfigsResponse Fail(
        RequestContext context, IncrementalAlterConfigsRequest request, ErrorCode error) =>
        Answer(request, [.. Enumerable.Repeat((error, (string?)null), request.Resources.Count)]);

    private static IncrementalAlterConfigsResponse Answer(
        IncrementalAlterConfigsRequest request, (ErrorCode Error, string? Message)[] answers)
    {
        var response = new IncrementalAlterConfigsResponse();
        for (var i = 0; i < answers.Length; i++)
        {
            response.Responses.Add(new()
            {
                ErrorCode = (short)answers[i].Error,
                ErrorMessage = answers[i].Message,
                ResourceType = request.Resources[i].ResourceType,
                ResourceName = request.Resources[i].ResourceName,
            });
        }

        return response;
    }
}
