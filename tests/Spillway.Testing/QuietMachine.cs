namespace Spillway.Testing;

/// <summary>
/// How long something may take. What we promise is measured where nothing else runs (SPILLWAY_TEST_QUIET=1); on a machine with other work a bound
/// says nothing about us, so that it is ten times as long there: what hangs, or has become slower by far, is found all the same.
/// </summary>
public static class QuietMachine
{
    private static readonly int Factor = Environment.GetEnvironmentVariable("SPILLWAY_TEST_QUIET") == "1" ? 1 : 10;

    /// <summary>The bound here of what takes no longer than this on a quiet machine.</summary>
    public static TimeSpan Bound(TimeSpan time) => time * Factor;
}
