using System.Collections.Frozen;
using Spillway.Kafka.Messages;

namespace Spillway.ProtocolFrontend;

/// <summary>The names of APIs as metric labels, without a string per request.</summary>
internal static class ApiNames
{
    private static readonly FrozenDictionary<ApiKey, string> Names =
        Enum.GetValues<ApiKey>().ToFrozenDictionary(static key => key, static key => key.ToString());

    public static string Of(ApiKey apiKey) => Names.TryGetValue(apiKey, out var name) ? name : "unknown";
}
