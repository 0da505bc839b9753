using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;

namespace Spillway.ProtocolFrontend.Connections;

/// <summary>Answers an ApiVersions request of an unknown version: v0, UNSUPPORTED_VERSION, the range of ApiVersions (KIP-511).</summary>
internal sealed class UnsupportedVersionHandler(ServedApis served) : IMessageHandler
{
    public ApiKey ApiKey => ApiKey.ApiVersions;

    public short VersionMin => 0;

    public short VersionMax => short.MaxValue;

    public RequestOrder Order => RequestOrder.Ahead;

    public ValueTask<Answer> HandleAsync(RequestContext context, IKafkaRequest request)
    {
        var response = new ApiVersionsResponse { ErrorCode = (short)ErrorCode.UnsupportedVersion };
        foreach (var api in served.Apis)
        {
            if (api.ApiKey == (short)ApiKey.ApiVersions)
            {
                response.ApiKeys.Add(api);
            }
        }

        return ValueTask.FromResult(new Answer(response) { Version = 0 });
    }
}
