namespace Spillway.WalWriter.Volumes;

/// <summary>
/// A rate that may be spent in advance: what is taken beyond what is there is paid back before the next is ready, so that a block of any size
/// passes and the rate holds. Its owner's lock guards it.
/// </summary>
internal sealed class TokenBucket
{
    private readonly double _perSecond;
    private readonly double _burst;
    private readonly TimeProvider _time;
    private double _tokens;
    private long _filledTimestamp;

    public TokenBucket(double perSecond, double burst, TimeProvider time)
    {
        _perSecond = perSecond;
        _burst = burst;
        _time = time;
        _tokens = burst;
        _filledTimestamp = time.GetTimestamp();
    }

    /// <summary>How long until so many are there; zero for now.</summary>
    public TimeSpan GetWait(double wanted)
    {
        Fill();
        return _tokens >= wanted ? TimeSpan.Zero : TimeSpan.FromSeconds((wanted - _tokens) / _perSecond);
    }

    public void Take(double count)
    {
        Fill();
        _tokens -= count;
    }

    private void Fill()
    {
        var now = _time.GetTimestamp();
        _tokens = Math.Min(_burst, _tokens + (_time.GetElapsedTime(_filledTimestamp, now).TotalSeconds * _perSecond));
        _filledTimestamp = now;
    }
}
