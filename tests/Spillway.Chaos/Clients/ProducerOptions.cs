namespace Spillway.Chaos.Clients;

/// <summary>A producer's settings, after librdkafka's.</summary>
internal sealed record ProducerOptions
{
    /// <summary>With sequence numbers, and sent again until it is there; else sent once.</summary>
    public bool Idempotent { get; init; } = true;

    /// <summary>Requests in flight to one broker.</summary>
    public int InFlightMax { get; init; } = 5;

    /// <summary>Partitions in one request.</summary>
    public int RequestPartitionsMax { get; init; } = 3;

    public TimeSpan RequestTime { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan RetryBackoff { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Bytes of a record's value at most.</summary>
    public int ValueBytesMax { get; init; } = 400;
}
