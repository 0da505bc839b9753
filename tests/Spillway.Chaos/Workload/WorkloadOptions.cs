namespace Spillway.Chaos.Workload;

/// <summary>Who works on the cluster while it is under faults.</summary>
internal sealed record WorkloadOptions
{
    public int Seed { get; init; } = 1;

    /// <summary>Topics, of two partitions each. Few, so that clients meet.</summary>
    public int TopicCount { get; init; } = 4;

    /// <summary>Workers with an idempotent producer and a consumer that assigns its partitions.</summary>
    public int AssignWorkers { get; init; } = 3;

    /// <summary>Workers whose producer has no sequence numbers and sends everything once.</summary>
    public int PlainWorkers { get; init; } = 1;

    /// <summary>Workers whose consumer is in a group.</summary>
    public int GroupWorkers { get; init; } = 2;

    /// <summary>Workers that produce and consume in transactions, of both versions in turn.</summary>
    public int TransactionWorkers { get; init; }

    /// <summary>Stock clients beside our own, each in a process of its own; those that are installed.</summary>
    public IReadOnlyList<StockClient> StockClients { get; init; } = [StockClient.Librdkafka];

    /// <summary>Sends a second of each worker, while the cluster takes them.</summary>
    public int SendsPerSecond { get; init; } = 100;

    /// <summary>Sends of a worker that may be without a result.</summary>
    public int OutstandingMax { get; init; } = 20;

    /// <summary>After about this long a worker drops its clients where they are and opens others.</summary>
    public TimeSpan CrashEvery { get; init; } = TimeSpan.FromSeconds(30);
}
