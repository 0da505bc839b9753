namespace Spillway.Rpc.Contracts;

/// <summary>Deadlines of calls that are answered when others have done their part.</summary>
internal static class LongPoll
{
    // What the answer may take beyond the wait itself; also the least that a group waits for its leader.
    private static readonly TimeSpan Slack = TimeSpan.FromMinutes(1);

    public static TimeSpan DeadlineOf(int waitMs) => TimeSpan.FromMilliseconds(Math.Clamp(waitMs, 0, 3_600_000)) + Slack;
}
