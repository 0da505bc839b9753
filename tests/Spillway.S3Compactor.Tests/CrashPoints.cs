using Spillway.Storage.Faults;

namespace Spillway.S3Compactor.Tests;

/// <summary>Crashes the process when it passes a place for the n-th time, and counts what was passed.</summary>
internal sealed class CrashPoints(string? crashAt = null, int passNumber = 1) : IFailPoints
{
    private int _passed;

    public HashSet<string> Passed { get; } = [];

    /// <summary>Called at every place.</summary>
    public Action<string>? OnPass { get; set; }

    public void Pass(string passed)
    {
        Passed.Add(passed);
        OnPass?.Invoke(passed);
        if (passed == crashAt && ++_passed == passNumber)
        {
            throw new CrashException(passed);
        }
    }

    public ValueTask PassAsync(string failPoint, CancellationToken cancellationToken)
    {
        Pass(failPoint);
        return ValueTask.CompletedTask;
    }
}
