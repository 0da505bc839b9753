using Spillway.Storage.Objects;
using Xunit;

namespace Spillway.Storage.Tests.Objects.S3;

public sealed class RequestWindowTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Requests_that_fail_together_narrow_the_window_once()
    {
        var window = new RequestWindow(16);
        var turns = await EnterAsync(window, 16);

        turns.ForEach(turn => window.End(turn, RequestTurnEnd.Throttled));
        Assert.Equal(8, window.Limit);

        window.End(await window.EnterAsync(Token), RequestTurnEnd.Throttled);
        Assert.Equal(4, window.Limit);
    }

    [Fact]
    public async Task A_window_never_closes()
    {
        var window = new RequestWindow(4);
        for (var i = 0; i < 10; i++)
        {
            window.End(await window.EnterAsync(Token), RequestTurnEnd.Throttled);
        }

        Assert.Equal(1, window.Limit);
        await window.EnterAsync(Token).AsTask().WaitAsync(TimeSpan.FromMinutes(1), Token);
        Assert.Equal(1, window.InFlight);
    }

    [Fact]
    public async Task Full_rounds_that_end_well_widen_it_by_about_one_each_up_to_its_most()
    {
        var window = new RequestWindow(16);
        window.End(await window.EnterAsync(Token), RequestTurnEnd.Throttled);
        Assert.Equal(8, window.Limit);
        // Always more who wait than places: each end frees a place that is taken at once.
        var turns = new Queue<RequestTurn>(await EnterAsync(window, 8));
        var waiting = new Queue<Task<RequestTurn>>(Enumerable.Range(0, 500).Select(_ => window.EnterAsync(Token).AsTask()));
        List<int> limits = [];
        while (turns.Count > 0)
        {
            // A round: as many ends as there are places.
            for (var i = window.Limit; i > 0 && turns.Count > 0; i--)
            {
                window.End(turns.Dequeue(), RequestTurnEnd.Ok);
                while (waiting.TryPeek(out var next) && turns.Count < window.InFlight)
                {
                    turns.Enqueue(await next);
                    _ = waiting.Dequeue();
                }
            }

            limits.Add(window.Limit);
        }

        Assert.True(limits.SequenceEqual(limits.Order()));
        Assert.All(limits.Zip(limits.Skip(1)), static pair => Assert.InRange(pair.Second - pair.First, 0, 2));
        Assert.Equal(16, limits[^1]);
    }

    [Fact]
    public async Task Who_comes_to_a_full_window_waits_its_turn_and_may_leave()
    {
        var window = new RequestWindow(1);
        var first = await window.EnterAsync(Token);
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var second = window.EnterAsync(leaving.Token).AsTask();
        var third = window.EnterAsync(Token).AsTask();
        Assert.Equal(2, window.Waiting);

        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.False(third.IsCompleted);

        window.End(first, RequestTurnEnd.Ok);
        window.End(await third, RequestTurnEnd.Ok);
        Assert.Equal((0, 0), (window.InFlight, window.Waiting));
    }

    private static async Task<List<RequestTurn>> EnterAsync(RequestWindow window, int count)
    {
        List<RequestTurn> turns = [];
        for (var i = 0; i < count; i++)
        {
            turns.Add(await window.EnterAsync(Token));
        }

        return turns;
    }
}
