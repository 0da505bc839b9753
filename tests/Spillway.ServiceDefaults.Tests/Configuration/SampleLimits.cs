namespace Spillway.ServiceDefaults.Tests.Configuration;

internal sealed class SampleLimits
{
    public long InFlightBytesMax { get; init; } = 1 << 20;
}
