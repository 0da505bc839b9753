using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Spillway.Benchmarks.Produce;

/// <summary>
/// Waits to the tenth of a millisecond. A timer of the runtime comes up to a millisecond late, which would be most of the latency
/// that is measured from the intended time on.
/// </summary>
internal static partial class ExactWait
{
    /// <summary>Blocks the calling thread until the timestamp of <see cref="Stopwatch"/>.</summary>
    public static void Until(long timestamp)
    {
        while (timestamp - Stopwatch.GetTimestamp() is > 0 and var left)
        {
            var nanoseconds = (long)(left * (1e9 / Stopwatch.Frequency));
            var time = new TimeSpec { Seconds = (nint)(nanoseconds / 1_000_000_000), Nanoseconds = (nint)(nanoseconds % 1_000_000_000) };
            _ = NanoSleep(in time, 0); // an interrupted sleep is slept again
        }
    }

    [LibraryImport("libc", EntryPoint = "nanosleep")]
    private static partial int NanoSleep(in TimeSpec time, nint remaining);

    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
