namespace Spillway.Storage.Wal.S3;

/// <summary>How blocks are put into the object store.</summary>
public sealed record S3WalSettings
{
    /// <summary>How long one attempt may take; default 5 s: 8 MiB at less than 2 MiB/s.</summary>
    public TimeSpan PutTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Attempts for one block, on top of the store's own; default 3. After them the block goes to another segment.</summary>
    public int PutAttemptsMax { get; init; } = 3;

    /// <summary>The wait before the second attempt, doubled each time; default 100 ms.</summary>
    public TimeSpan Backoff { get; init; } = TimeSpan.FromMilliseconds(100);
}
