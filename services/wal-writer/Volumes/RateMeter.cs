namespace Spillway.WalWriter.Volumes;

/// <summary>What happened a second, over the last few whole seconds. Its owner's lock guards it.</summary>
internal sealed class RateMeter(TimeProvider time)
{
    private const int SecondCount = 5;

    private readonly long _startTimestamp = time.GetTimestamp();
    private readonly double[] _sums = new double[SecondCount + 1];
    private long _second;

    public void Add(double amount)
    {
        Move();
        _sums[_second % _sums.Length] += amount;
    }

    public double GetPerSecond()
    {
        Move();

        // The second that is not over yet does not count.
        return (_sums.Sum() - _sums[_second % _sums.Length]) / SecondCount;
    }

    private void Move()
    {
        var second = (long)time.GetElapsedTime(_startTimestamp).TotalSeconds;
        for (var passed = Math.Min(second - _second, _sums.Length); passed > 0; passed--)
        {
            _sums[(second - passed + 1) % _sums.Length] = 0;
        }

        _second = second;
    }
}
