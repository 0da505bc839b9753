using Spillway.Kafka.Messages;

namespace Spillway.ProtocolFrontend.Handlers;

/// <summary>
/// The finalized features (KIP-584): those that clients ask for before they use a protocol. A feature is there when the APIs that make it up
/// are served, and all frontends of a version serve the same ones, so the epoch is a constant of the version: it rises in the change that adds
/// a feature or a level.
/// </summary>
internal static class Features
{
    private const long Epoch = 1;

    // The consumer protocol (KIP-848).
    private const string GroupVersion = "group.version";

    public static void AddTo(ApiVersionsResponse response, IReadOnlyList<ApiVersionsResponse.ApiVersion> served)
    {
        response.FinalizedFeaturesEpoch = Epoch;
        if (served.Any(static api => api.ApiKey == (short)ApiKey.ConsumerGroupHeartbeat))
        {
            Add(response, GroupVersion, level: 1);
        }
    }

    // Kept from 1 on: clients before v4 can't read a minimum of 0 (KAFKA-17011).
    private static void Add(ApiVersionsResponse response, string name, short level)
    {
        response.SupportedFeatures.Add(new() { Name = name, MinVersion = 1, MaxVersion = level });
        response.FinalizedFeatures.Add(new() { Name = name, MinVersionLevel = level, MaxVersionLevel = level });
    }
}
