namespace Spillway.Kafka.Generator.Schema;

/// <summary>One line of errors.txt.</summary>
internal sealed class ErrorCodeSchema(short code, string name, bool isRetriable, bool refreshesMetadata)
{
    public short Code { get; } = code;

    /// <summary>Kafka's name, such as <c>NOT_LEADER_OR_FOLLOWER</c>.</summary>
    public string Name { get; } = name;

    public bool IsRetriable { get; } = isRetriable;

    public bool RefreshesMetadata { get; } = refreshesMetadata;
}
