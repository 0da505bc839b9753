namespace Spillway.Metadata.Topics;

/// <summary>
/// Broker configs under Kafka's own keys, as the operator set them for this process (<c>Spillway:Broker:num.partitions</c>).
/// What was set dynamically, for the whole cluster, goes before.
/// </summary>
internal sealed class BrokerSettings
{
    public const string Section = "Spillway";

    /// <summary>By Kafka's key.</summary>
    public Dictionary<string, string> Broker { get; init; } = [];

    public int FindInt32(string key, IReadOnlyDictionary<string, string> dynamic, int otherwise) =>
        (dynamic.TryGetValue(key, out var text) || Broker.TryGetValue(key, out text))
        && int.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var value)
            ? value
            : otherwise;
}
