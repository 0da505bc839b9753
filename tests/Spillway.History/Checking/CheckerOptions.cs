using System.Collections.Frozen;

namespace Spillway.History.Checking;

/// <summary>What a history is held to beyond what never may be.</summary>
public sealed record CheckerOptions
{
    /// <summary>Examples kept of each kind of anomaly; the rest is counted. Default 10.</summary>
    public int ExamplesMax { get; init; } = 10;

    /// <summary>How far behind a consumer may be once all faults are over; null (default) only reports it.</summary>
    public TimeSpan? LagAfterHealMax { get; init; }

    /// <summary>How long after the last fault that begins to count: what was held up has to be worked off first. Default 10 s.</summary>
    public TimeSpan LagGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether errors outside of <see cref="AllowedErrors"/> are anomalies. Default true.</summary>
    public bool JudgesErrors { get; init; } = true;

    /// <summary>
    /// What a client may be told while the cluster is under faults: Kafka's retriable errors except those that assert something
    /// (UNKNOWN_TOPIC_OR_PARTITION, CORRUPT_MESSAGE), what a group's members are told in a rebalance, and what clients say themselves.
    /// </summary>
    public FrozenSet<string> AllowedErrors { get; init; } = new[]
    {
        "NOT_LEADER_OR_FOLLOWER", "REQUEST_TIMED_OUT", "KAFKA_STORAGE_ERROR", "LEADER_NOT_AVAILABLE", "NETWORK_EXCEPTION",
        "COORDINATOR_NOT_AVAILABLE", "COORDINATOR_LOAD_IN_PROGRESS", "NOT_COORDINATOR", "CONCURRENT_TRANSACTIONS", "THROTTLING_QUOTA_EXCEEDED",
        "REBALANCE_IN_PROGRESS", "ILLEGAL_GENERATION", "UNKNOWN_MEMBER_ID", "MEMBER_ID_REQUIRED", "FENCED_INSTANCE_ID",
        "PRODUCER_FENCED", "INVALID_PRODUCER_EPOCH", "FETCH_SESSION_ID_NOT_FOUND", "INVALID_FETCH_SESSION_EPOCH",
        "timeout", "disconnect", "abort",
    }.ToFrozenSet(StringComparer.Ordinal);
}
