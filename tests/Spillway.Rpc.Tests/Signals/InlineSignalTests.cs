namespace Spillway.Rpc.Tests.Signals;

public sealed class InlineSignalTests
{
    [Fact]
    public async Task Sets_while_nobody_waits_are_one()
    {
        var signal = new InlineSignal();
        signal.Set();
        signal.Set();

        Assert.True(signal.WaitAsync().AsTask().IsCompleted);
        var second = signal.WaitAsync().AsTask();
        Assert.False(second.IsCompleted);
        signal.Set();
        await second;
    }

    [Fact]
    public void The_waiter_goes_on_within_the_set()
    {
        var signal = new InlineSignal();
        var wentOn = false;
        _ = WaitAsync();

        signal.Set();

        Assert.True(wentOn);

        async Task WaitAsync()
        {
            await signal.WaitAsync();
            wentOn = true;
        }
    }

    [Fact]
    public async Task What_was_done_before_a_set_is_never_slept_through()
    {
        const int Setters = 3;
        const int Rounds = 50_000;
        var signal = new InlineSignal();
        var done = new int[Setters];
        var waiting = Task.Run(async () =>
        {
            while (done.Sum() < Setters * Rounds)
            {
                await signal.WaitAsync();
            }
        });

        await Task.WhenAll(Enumerable.Range(0, Setters).Select(setter => Task.Run(() =>
        {
            for (var round = 1; round <= Rounds; round++)
            {
                done[setter] = round;
                signal.Set();
            }
        })));

        await waiting.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
    }
}
