namespace Spillway.Storage.Wal.Reading;

/// <summary>How a reader treats its volumes.</summary>
public sealed record WalReadSettings
{
    /// <summary>The name of the reader's threads, for dumps.</summary>
    public string Name { get; init; } = "wal-read";

    /// <summary>
    /// Threads for each mounted volume, which are what may block on it: one that hangs leaves the others alone. Default 4.
    /// </summary>
    public int ThreadsPerVolume { get; init; } = 4;

    /// <summary>Reads that may wait for a thread of their volume; past it callers wait. Default 4,096.</summary>
    public int QueuedReadsMax { get; init; } = 4096;

    /// <summary>Requests under way at a time for each volume that is in an object store. Default 64.</summary>
    public int StoreReadsMax { get; init; } = 64;

    /// <summary>Segments that are kept open on each volume. Default 256.</summary>
    public int OpenFilesMax { get; init; } = 256;

    /// <summary>
    /// How long one try may take, waiting for a thread included; default 5 s: longer than a busy volume takes, shorter than a fetch's
    /// patience. The call goes on behind it, with its buffer.
    /// </summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long one try may take while an earlier call on the same volume has not returned; default 250 ms: a fetch of many
    /// partitions must not wait for each of them anew.
    /// </summary>
    public TimeSpan StalledTimeout { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How long the segment's writer may take to answer; default 3 s.</summary>
    public TimeSpan WriterTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Waits before each try with a fresh view; default 0, 5, 20 and 80 ms. A view is behind by the time of one revalidation; what stays
    /// wrong for longer is not a matter of time.
    /// </summary>
    public IReadOnlyList<TimeSpan> FreshViewDelays { get; init; } =
    [
        TimeSpan.Zero, TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(80),
    ];
}
