namespace Spillway.Storage.Tests.Caching;

/// <summary>A clock that goes on by a millisecond each time it is looked at, with the machine's timers.</summary>
internal sealed class RestlessTimeProvider : TimeProvider
{
    private long _looks;

    public override long TimestampFrequency => 1_000;

    public override long GetTimestamp() => Interlocked.Increment(ref _looks);
}
