namespace Spillway.Metadata.Groups;

/// <summary>
/// The first rebalance of an empty group. It waits for more members to come, so that a group that starts has one rebalance
/// and not one a member; as long as some come it waits on, up to the rebalance timeout.
/// </summary>
internal sealed class InitialRebalance
{
    private readonly int _delayMs;
    private int _lastDelayMs;
    private int _remainingMs;
    private bool _memberAdded;

    public InitialRebalance(int delayMs, int rebalanceTimeoutMs)
    {
        _delayMs = _lastDelayMs = delayMs;
        _remainingMs = Math.Max(rebalanceTimeoutMs - delayMs, 0);
    }

    public void MemberAdded() => _memberAdded = true;

    /// <summary>The delay is over. How much longer to wait; null: no longer.</summary>
    public int? Extend()
    {
        if (!_memberAdded || _remainingMs == 0)
        {
            return null;
        }

        _memberAdded = false;
        var next = Math.Min(_delayMs, _remainingMs);
        _remainingMs = Math.Max(_remainingMs - _lastDelayMs, 0);
        _lastDelayMs = next;
        return next;
    }
}
