using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Connections;

namespace Spillway.ProtocolFrontend.Handlers.Configs;

/// <summary>AlterConfigs, the older way: what the request does not name goes back to its default.</summary>
internal sealed class AlterConfigsHandler(ConfigAlterations alterations, ILogger<AlterConfigsHandler> logger)
    : ApiHandler<AlterConfigsRequest, AlterConfigsResponse>(logger)
{
    public override ApiKey ApiKey => ApiKey.AlterConfigs;

    protected override async ValueTask<AlterConfigsResponse> HandleAsync(RequestContext context, AlterConfigsRequest request)
    {
        var asked = request.Resources.ConvertAll(static resource => new AskedChange(
            resource.ResourceType,
            resource.ResourceName,
            resource.Configs.ConvertAll(static config => new AskedConfig(config.Name, AskedConfig.Set, config.Value)),
            Replace: true));
        var answers = await alterations.AlterAsync(asked, request.ValidateOnly, context.Aborted).ConfigureAwait(false);
        return Answer(request, answers);
    }

    protected override AlterConfigsResponse Fail(RequestContext context, AlterConfigsRequest request, ErrorCode error) =>
        Answer(request, [.. Enumerable.Repeat((error, (string?)null), request.Resources.Count)]);

    private static AlterConfigsResponse Answer(AlterConfigsRequest request, (ErrorCode Error, string? Message)[] answers)
    {
        var response = new AlterConfigsResponse();
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
