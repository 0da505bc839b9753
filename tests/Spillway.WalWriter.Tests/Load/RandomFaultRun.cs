using Spillway.Testing.Wal;
using Xunit;

namespace Spillway.WalWriter.Tests.Load;

/// <summary>
/// Goal: no fault of volume or metadata, in any mix, loses, doubles or reorders what was acknowledged. Method: streams append
/// numbered batches while writes tear, flushes fail, requests and replies get lost, segments are sealed and the epoch is
/// fenced; then the power goes, and what was acknowledged is looked for.
/// </summary>
internal sealed class RandomFaultRun : IAsyncDisposable
{
    private const int AppendsPerStream = 400;

    private readonly WriterTestContext _context;
    private readonly AppendLoad _load;
    private readonly Lock _lock = new(); // guards _faults
    private readonly Random _faults;

    public RandomFaultRun(int seed)
    {
        _faults = new Random(seed);
        _context = new WriterTestContext(
            WriterTestContext.CreateOptions(
                flushThreads: 1 + (seed % 3), segmentBytes: 256 << 10, inFlightBytesMax: 1 << 20, volumeCount: 1 + (seed % 2)),
            seed: seed);
        _load = new AppendLoad(_context, seed) { OnAppend = Fence };
        _context.Files.OnFlush = _ => FailSometimes(0.03, FaultyWalFileSystem.InputOutputError);
        _context.Files.OnWrite = (_, position) => position > 0 && Chance(0.02) ? 64 : null;
        _context.Files.OnPreallocate = _ => FailSometimes(0.05, FaultyWalFileSystem.NoSpace);
        _context.Metadata.BeforeCommit = _ => BeforeCommitAsync();
        _context.Metadata.AfterCommit = (_, _) =>
            Chance(0.05) ? Task.FromException(FakeMetadata.Unavailable()) : Task.CompletedTask;
    }

    public async Task RunAsync()
    {
        await _load.RunAsync(AppendsPerStream, CancellationToken.None);
        await _context.DisposeAsync();

        _context.Memory.LosePower();
        Assert.True(_load.AcknowledgedCount > AppendsPerStream, "hardly anything was acknowledged");
        Assert.True(_load.UnacknowledgedCount > 0, "no fault reached a client");
        _load.Check();
    }

    public ValueTask DisposeAsync() => _context.DisposeAsync();

    private void Fence(int number)
    {
        if (number % 100 == 51)
        {
            // Four times, whatever the machine's pace: what is appended next meets an epoch that is over.
            _context.Metadata.Fence();
        }
    }

    private async Task BeforeCommitAsync()
    {
        if (Chance(0.05))
        {
            await Task.Yield();
            throw FakeMetadata.Unavailable();
        }

        if (Chance(0.02))
        {
            _context.Metadata.SealAll();
        }

        if (Chance(0.1))
        {
            // The next one may overtake.
            await Task.Delay(1, CancellationToken.None);
        }
    }

    private void FailSometimes(double probability, int errno)
    {
        if (Chance(probability))
        {
            throw FaultyWalFileSystem.Error(errno);
        }
    }

    private bool Chance(double probability)
    {
        lock (_lock)
        {
            return _faults.NextDouble() < probability;
        }
    }
}
