namespace Spillway.Tool.Costs;

/// <summary>What was done, and what it costs a month: at the rate that was measured, and at the 1 GiB/s of the article's table.</summary>
internal sealed record CostReport
{
    public const double MonthSeconds = 730 * 3600;
    public const double GiB = 1L << 30;

    public required string PricesDate { get; init; }

    public required double Hours { get; init; }

    public required double RetentionHours { get; init; }

    public required double IngestedBytes { get; init; }

    public required IReadOnlyList<RequestCost> Requests { get; init; }

    /// <summary>PUT-class (put, part, copy, multipart, list) and GET-class (get, head); deletions are free.</summary>
    public required double PutsPerGiB { get; init; }

    public required double GetsPerGiB { get; init; }

    /// <summary>Bytes sent to objects for each ingested one: what is stored, before merging and deletion.</summary>
    public required double StoredRatio { get; init; }

    /// <summary>Bytes written to and read from WAL volumes for each ingested one.</summary>
    public required double WalTrafficRatio { get; init; }

    /// <summary>Of it, what writers wrote, heads and padding included.</summary>
    public required double WalWrittenRatio { get; init; }

    /// <summary>Of it, what drains read.</summary>
    public required double WalDrainReadRatio { get; init; }

    /// <summary>Of it, what was read for fetches.</summary>
    public required double WalFetchReadRatio { get; init; }

    /// <summary>Bytes that drains had from the memory of writers for each ingested one; not in the traffic.</summary>
    public required double WriterMemoryRatio { get; init; }

    public required double WalUsedBytes { get; init; }

    public required double OtherZoneWriters { get; init; }

    public required MonthlyDollars AsMeasured { get; init; }

    public required MonthlyDollars AtOneGiBPerSecond { get; init; }
}
