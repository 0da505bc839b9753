namespace Spillway.History.Events;

/// <summary>What a process's clients promise; it decides which anomalies they may show.</summary>
public sealed record ClientSettings
{
    /// <summary>
    /// The broker sees sequence numbers, so that even records whose fate is not known are in order. Without them only
    /// acknowledged ones are.
    /// </summary>
    public bool Idempotent { get; init; }

    /// <summary>The client sends records again without sequence numbers: Kafka allows them twice then.</summary>
    public bool MayDuplicate { get; init; }

    /// <summary>The consumer reads committed records only.</summary>
    public bool ReadCommitted { get; init; }
}
