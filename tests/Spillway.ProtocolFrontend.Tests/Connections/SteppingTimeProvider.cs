namespace Spillway.ProtocolFrontend.Tests.Connections;

/// <summary>The system's time, which moves on by a step whenever somebody looks.</summary>
internal sealed class SteppingTimeProvider : TimeProvider
{
    private long _stepped;

    /// <summary>Zero at first.</summary>
    public TimeSpan Step { get; set; }

    public override long GetTimestamp() =>
        System.GetTimestamp() + Interlocked.Add(ref _stepped, (long)(Step.TotalSeconds * TimestampFrequency));
}
