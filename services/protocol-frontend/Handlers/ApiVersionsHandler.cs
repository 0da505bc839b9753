using System.Text.RegularExpressions;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Connections;

namespace Spillway.ProtocolFrontend.Handlers;

/// <summary>ApiVersions: exactly what is served, and the features that follow from it.</summary>
internal sealed partial class ApiVersionsHandler(ServedApis served) : IMessageHandler
{
    public ApiKey ApiKey => ApiKey.ApiVersions;

    public short VersionMin => MessageCatalog.MinVersion(ApiKey);

    public short VersionMax => MessageCatalog.MaxStableVersion(ApiKey);

    public RequestOrder Order => RequestOrder.Ahead;

    public ValueTask<Answer> HandleAsync(RequestContext context, IKafkaRequest request)
    {
        var asked = (ApiVersionsRequest)request;
        var response = new ApiVersionsResponse();
        if (context.ApiVersion >= 3 && !(IsName(asked.ClientSoftwareName) && IsName(asked.ClientSoftwareVersion)))
        {
            response.ErrorCode = (short)ErrorCode.InvalidRequest;
        }
        else
        {
            if (context.ApiVersion >= 3)
            {
                context.Connection.State.SoftwareName = asked.ClientSoftwareName;
                context.Connection.State.SoftwareVersion = asked.ClientSoftwareVersion;
            }

            response.ApiKeys.AddRange(served.Apis);
            Features.AddTo(response, served.Apis);
        }

        return ValueTask.FromResult(new Answer(response));
    }

    // KIP-511: the broker refuses names that would not do as a metric tag.
    private static bool IsName(string name) => SoftwareName().IsMatch(name);

    [GeneratedRegex(@"^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?\z")]
    private static partial Regex SoftwareName();
}
