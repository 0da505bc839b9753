using Spillway.Kafka.Messages;

namespace Spillway.ProtocolFrontend.Connections;

/// <summary>The APIs and versions that this frontend serves, as ApiVersions tells them: exactly those that have a handler.</summary>
internal sealed class ServedApis
{
    private readonly Lazy<List<ApiVersionsResponse.ApiVersion>> _apis;

    // Lazy, because the handler of ApiVersions is itself among the handlers.
    public ServedApis(IServiceProvider services) =>
        _apis = new(() => [.. services.GetServices<IApiHandler>().OrderBy(static handler => handler.ApiKey).Select(Describe)]);

    public IReadOnlyList<ApiVersionsResponse.ApiVersion> Apis => _apis.Value;

    private static ApiVersionsResponse.ApiVersion Describe(IApiHandler handler) => new()
    {
        ApiKey = (short)handler.ApiKey,
        // KAFKA-18659: librdkafka switches features off unless Produce is said to begin at 0; requests below 3 are refused.
        MinVersion = handler.ApiKey == ApiKey.Produce ? (short)0 : handler.VersionMin,
        MaxVersion = handler.VersionMax,
    };
}
