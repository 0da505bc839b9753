using Spillway.Storage.Faults;
using Spillway.Testing.Faults;
using Xunit;

namespace Spillway.Storage.Tests.Faults;

public sealed class FailPointTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_crash_happens_at_its_place_and_nowhere_else()
    {
        using var script = new FaultScript();
        var points = FaultServices.CreateFailPoints(script.Control);
        script.Control.Death = () => throw new InvalidOperationException("dead");
        script.Set("""{"failPoint":"a.b","fault":"crash","skip":1}""");

        await points.PassAsync("a.c", Token);
        points.Pass("a.b");

        Assert.Throws<InvalidOperationException>(() => points.Pass("a.b"));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await points.PassAsync("a.b", Token));
    }

    [Fact]
    public async Task A_lost_answer_is_an_exception_of_its_own()
    {
        using var script = new FaultScript();
        var points = FaultServices.CreateFailPoints(script.Control);
        script.Set("""{"failPoint":"a.b","fault":"lose","count":2}""");

        Assert.Throws<FailPointException>(() => points.Pass("a.b"));
        await Assert.ThrowsAsync<FailPointException>(async () => await points.PassAsync("a.b", Token));
        points.Pass("a.b");
    }

    [Fact]
    public async Task A_pause_lasts_until_its_line_goes()
    {
        using var script = new FaultScript();
        var points = FaultServices.CreateFailPoints(script.Control);
        script.Set("""{"failPoint":"a.b","fault":"pause"}""");
        var thread = Task.Factory.StartNew(() => points.Pass("a.b"), Token, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var flow = points.PassAsync("a.b", Token).AsTask();
        using var cancel = new CancellationTokenSource();
        var cancelled = points.PassAsync("a.b", cancel.Token).AsTask();
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.False(thread.IsCompleted || flow.IsCompleted);
        script.Set();

        await Task.WhenAll(thread, flow).WaitAsync(TimeSpan.FromMinutes(1), Token);
    }
}
