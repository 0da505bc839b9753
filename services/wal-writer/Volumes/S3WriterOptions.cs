using Spillway.ServiceDefaults.Configuration;
using Spillway.Storage.Wal.S3;

namespace Spillway.WalWriter.Volumes;

/// <summary>How a writer treats volumes of kind S3, where a write is a request that costs money and tens of milliseconds.</summary>
internal sealed class S3WriterOptions
{
    /// <summary>How long a block gathers before it is put; default 250 ms: four requests a second. From 0 to 10 s.</summary>
    public TimeSpan Linger { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Payload bytes at which a block is put at once; default 8 MiB, where a PUT's time is the bytes' and not the request's. From 64 KiB to 32 MiB.</summary>
    public int BlockBytes { get; init; } = 8 << 20;

    /// <summary>Batches at which a block is put at once; default 4000, some 250 KB of commit. From 1 to 20000.</summary>
    public int BlockBatchesMax { get; init; } = 4000;

    /// <summary>Blocks on their way at the same time; default 4. They are committed in order. From 1 to 64.</summary>
    public int ParallelPuts { get; init; } = 4;

    /// <summary>How long one attempt may take; default 5 s: 8 MiB at less than 2 MiB/s. From 100 ms to a minute.</summary>
    public TimeSpan PutTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Attempts for one block, on top of the store's own; default 3. After them it goes to another segment. From 1 to 10.</summary>
    public int PutAttemptsMax { get; init; } = 3;

    public S3WalSettings ToSettings() => new() { PutTimeout = PutTimeout, PutAttemptsMax = PutAttemptsMax };

    public static void Validate(S3WriterOptions options, OptionsErrors errors)
    {
        errors.Require(
            options.Linger >= TimeSpan.Zero && options.Linger <= TimeSpan.FromSeconds(10), Key(nameof(Linger)), "must be from 0 to 10 s", "00:00:00.250");
        errors.Require(
            options.BlockBytes is >= 64 << 10 and <= 32 << 20, Key(nameof(BlockBytes)), "must be from 64 KiB to 32 MiB", 8 << 20);
        errors.Require(options.BlockBatchesMax is >= 1 and <= 20_000, Key(nameof(BlockBatchesMax)), "must be from 1 to 20000", 4000);
        errors.Require(options.ParallelPuts is >= 1 and <= 64, Key(nameof(ParallelPuts)), "must be from 1 to 64", 4);
        errors.Require(
            options.PutTimeout >= TimeSpan.FromMilliseconds(100) && options.PutTimeout <= TimeSpan.FromMinutes(1),
            Key(nameof(PutTimeout)),
            "must be from 100 ms to a minute",
            "00:00:05");
        errors.Require(options.PutAttemptsMax is >= 1 and <= 10, Key(nameof(PutAttemptsMax)), "must be from 1 to 10", 3);
    }

    private static string Key(string name) => $"{nameof(WalWriterOptions.S3)}:{name}";
}
