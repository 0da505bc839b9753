namespace Spillway.Kafka;

/// <summary>
/// The identity of one partition's log inside WAL, index and objects. Metadata gives each value out once and never again,
/// so that a re-created topic cannot resurrect the data of its predecessor. Positive.
/// </summary>
public readonly record struct LogId(long Value)
{
    /// <inheritdoc/>
    public override string ToString() => $"log-{Value}";
}
