namespace Spillway.Testing.Processes;

/// <summary>Waits for a condition of another process, which can only be asked again and again.</summary>
public static class Deadline
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Waits until the condition holds; past the time it fails with what was waited for and how things stood.</summary>
    public static async Task UntilAsync(
        Func<Task<bool>> condition, TimeSpan time, string what, CancellationToken cancellationToken, Func<string>? state = null)
    {
        var end = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(end) > time)
            {
                throw new TimeoutException($"not within {time.TotalSeconds:0} s: {what}. {state?.Invoke()}");
            }

            await Task.Delay(Pause, cancellationToken);
        }
    }

    /// <summary>Waits until the condition holds.</summary>
    public static Task UntilAsync(
        Func<bool> condition, TimeSpan time, string what, CancellationToken cancellationToken, Func<string>? state = null) =>
        UntilAsync(() => Task.FromResult(condition()), time, what, cancellationToken, state);
}
