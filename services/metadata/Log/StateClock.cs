namespace Spillway.Metadata.Log;

/// <summary>The state's own time: the greatest that a command brought. Never goes back, whatever the leaders' clocks do.</summary>
internal sealed class StateClock
{
    /// <summary>In ms since 1970.</summary>
    public long NowMs { get; private set; }

    public void Advance(long timeMs) => NowMs = Math.Max(NowMs, timeMs);

    /// <summary>Log index of the command that is being applied: tells what came before what.</summary>
    public long Index { get; set; }
}
