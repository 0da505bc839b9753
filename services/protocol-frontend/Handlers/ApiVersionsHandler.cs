using System.Text.RegularExpressions;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Connections;

namespace Spillway.ProtocolFrontend.Handlers;

/// <summary>ApiVersions: exactly what is served, and the cluster's features.</summary>
internal sealed partial class ApiVersionsHandler(ServedApis served, ClusterFeatures features) : IMessageHandler
{
    // KAFKA-17492: clients of before can't read a feature whose levels begin at 0.
    private const short LevelZeroVersion = 4;

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
            AddFeatures(response, features.Current, context.ApiVersion);
        }

        return ValueTask.FromResult(new Answer(response));
    }

    private static void AddFeatures(ApiVersionsResponse response, ClusterFeatures.Known known, short version)
    {
        response.FinalizedFeaturesEpoch = known.Epoch;
        foreach (var feature in known.Features)
        {
            if (feature.LevelMin > 0 || version >= LevelZeroVersion)
            {
                response.SupportedFeatures.Add(new()
                {
                    Name = feature.Name, MinVersion = (short)feature.LevelMin, MaxVersion = (short)feature.LevelMax,
                });
            }

            if (feature.Level > 0)
            {
                response.FinalizedFeatures.Add(new()
                {
                    Name = feature.Name, MinVersionLevel = (short)feature.Level, MaxVersionLevel = (short)feature.Level,
                });
            }
        }
    }

    // KIP-511: the broker refuses names that would not do as a metric tag.
    private static bool IsName(string name) => SoftwareName().IsMatch(name);

    [GeneratedRegex(@"^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?\z")]
    private static partial Regex SoftwareName();
}
