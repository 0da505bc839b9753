using Spillway.Storage.Objects;

namespace Spillway.Storage.Caching;

/// <summary>
/// Reads of a store that are asked for a second time when they are late: the first good answer is taken, and the other read is cancelled. The
/// second read needs room at the gate at once, and what it costs is counted under a cause of its own. Thread-safe.
/// </summary>
internal sealed class HedgedReads(IObjectStore store, ColdReadGate gate, HedgePolicy policy, ObjectCacheMetrics metrics, TimeProvider time)
{
    private readonly IObjectStore _second = store.For(RequestCause.Hedge);

    /// <summary>
    /// Reads about so many bytes. Each attempt has memory of its own, which <paramref name="discard"/> gives back where its result is not taken:
    /// a read that was cancelled may write until it ends.
    /// </summary>
    public async Task<T> RunAsync<T>(
        IObjectStore first, long bytes, Func<IObjectStore, CancellationToken, Task<T>> read, Action<T> discard)
    {
        var began = time.GetTimestamp();
        var delay = policy.Begin(bytes);
        if (delay is null)
        {
            var alone = await read(first, CancellationToken.None);
            policy.Ended(bytes, time.GetElapsedTime(began));
            return alone;
        }

        var firstCancel = new CancellationTokenSource();
        var firstRead = read(first, firstCancel.Token);
        var turn = new ReadTurn(0, isAhead: false);
        if (!await IsLateAsync(firstRead, delay.Value) || !TryBegin(turn, bytes))
        {
            using (firstCancel)
            {
                var result = await firstRead;
                policy.Ended(bytes, time.GetElapsedTime(began));
                return result;
            }
        }

        var secondCancel = new CancellationTokenSource();
        var secondRead = RunSecondAsync(turn, () => read(_second, secondCancel.Token));
        var (winner, loser) = await Task.WhenAny(firstRead, secondRead) == firstRead ? (firstRead, secondRead) : (secondRead, firstRead);
        if (!winner.IsCompletedSuccessfully)
        {
            // A failure is no answer while the other one may still give one.
            await ((Task)loser).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            (winner, loser) = loser.IsCompletedSuccessfully ? (loser, winner) : (firstRead, secondRead);
        }

        metrics.Hedged(winner == secondRead);
        policy.Ended(bytes, time.GetElapsedTime(began));
        await (winner == firstRead ? secondCancel : firstCancel).CancelAsync();
        _ = GiveUpAsync(loser, discard, firstCancel, secondCancel);
        return await winner;
    }

    private async Task<bool> IsLateAsync(Task read, TimeSpan delay)
    {
        using var timerEnd = new CancellationTokenSource();
        var timer = Task.Delay(delay, time, timerEnd.Token);
        if (await Task.WhenAny(read, timer) == timer)
        {
            return !read.IsCompleted;
        }

        await timerEnd.CancelAsync();
        return false;
    }

    private bool TryBegin(ReadTurn turn, long bytes)
    {
        if (policy.TryTake() && gate.TryEnter(turn, bytes))
        {
            return true;
        }

        metrics.HedgeRefused();
        return false;
    }

    private async Task<T> RunSecondAsync<T>(ReadTurn turn, Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        finally
        {
            gate.Exit(turn);
        }
    }

    private static async Task GiveUpAsync<T>(
        Task<T> loser, Action<T> discard, CancellationTokenSource firstCancel, CancellationTokenSource secondCancel)
    {
        await ((Task)loser).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (loser.IsCompletedSuccessfully)
        {
            discard(loser.Result);
        }

        firstCancel.Dispose();
        secondCancel.Dispose();
    }
}
