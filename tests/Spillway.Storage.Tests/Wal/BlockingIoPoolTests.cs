using Spillway.Storage.Wal;
using Xunit;

namespace Spillway.Storage.Tests.Wal;

public sealed class BlockingIoPoolTests
{
    private static readonly TimeSpan LongEnough = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Work_runs_on_the_pools_threads_and_its_exception_reaches_the_caller()
    {
        using var pool = new BlockingIoPool("test-io", threadCount: 1, queuedCountMax: 1);

        var name = await pool.RunAsync(_ => Thread.CurrentThread.Name, 0, TestContext.Current.CancellationToken);

        Assert.Equal("test-io-0", name);
        await Assert.ThrowsAsync<IOException>(async () => await pool.RunAsync<int, int>(
            _ => throw new IOException("no"), 0, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Past_the_bound_callers_wait_and_may_give_up()
    {
        using var pool = new BlockingIoPool("test-io", threadCount: 1, queuedCountMax: 1);
        using var blocked = new ManualResetEventSlim();
        using var cancel = new CancellationTokenSource();
        var running = pool.RunAsync(_ => blocked.Wait(LongEnough), 0, default).AsTask();
        var queued = pool.RunAsync(_ => true, 0, default).AsTask();
        var waiting = pool.RunAsync(_ => true, 0, cancel.Token).AsTask();
        Assert.Equal(2, pool.PendingCount);

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        blocked.Set();

        Assert.True(await running);
        Assert.True(await queued);
        Assert.Equal(0, pool.PendingCount);
    }

    [Fact]
    public async Task A_cancelled_call_that_runs_is_awaited_because_its_buffer_is_in_use()
    {
        using var pool = new BlockingIoPool("test-io", threadCount: 1, queuedCountMax: 1);
        using var blocked = new ManualResetEventSlim();
        using var started = new ManualResetEventSlim();
        using var cancel = new CancellationTokenSource();
        var running = pool.RunAsync(
            _ =>
            {
                started.Set();
                return blocked.Wait(LongEnough);
            },
            0,
            cancel.Token).AsTask();
        Assert.True(started.Wait(LongEnough));

        await cancel.CancelAsync();
        Assert.False(running.IsCompleted);
        blocked.Set();

        Assert.True(await running);
    }
}
