namespace Spillway.S3Compactor.Compacting;

/// <summary>Bytes a second that one job may read and write (log.cleaner.io.max.bytes.per.second). One owner.</summary>
/// <param name="bytesPerSecond">0: no bound.</param>
/// <param name="time">The clock.</param>
internal sealed class IoBudget(double bytesPerSecond, TimeProvider time)
{
    private static readonly TimeSpan WaitMax = TimeSpan.FromMinutes(1);

    private readonly long _startTimestamp = time.GetTimestamp();
    private double _bytes;

    /// <summary>Waits until what was spent, these bytes included, is no more than the rate allows; a minute at a time at most.</summary>
    public async ValueTask SpendAsync(long bytes, CancellationToken cancellationToken)
    {
        if (bytesPerSecond <= 0)
        {
            return;
        }

        _bytes += bytes;
        var wait = TimeSpan.FromSeconds(Math.Min(_bytes / bytesPerSecond, TimeSpan.MaxValue.TotalSeconds / 2))
            - time.GetElapsedTime(_startTimestamp);
        if (wait > TimeSpan.Zero)
        {
            await Task.Delay(wait < WaitMax ? wait : WaitMax, time, cancellationToken);
        }
    }
}
