namespace Spillway.Testing;

/// <summary>Waits for what other threads or sockets do, which can only be looked at again and again.</summary>
public static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    /// <summary>Waits until the condition holds; past the time it fails with what was waited for.</summary>
    public static async Task TrueAsync(
        Func<bool> condition, string what, CancellationToken cancellationToken, TimeSpan? within = null)
    {
        ArgumentNullException.ThrowIfNull(condition);
        var most = within ?? TimeSpan.FromMinutes(1);
        var started = TimeProvider.System.GetTimestamp();
        using var timer = new PeriodicTimer(Pause);
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(started) > most)
            {
                throw new TimeoutException($"not within {most.TotalSeconds:0.#} s: {what}");
            }

            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }
}
