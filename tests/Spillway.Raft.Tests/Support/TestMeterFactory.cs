using System.Diagnostics.Metrics;

namespace Spillway.Raft.Tests.Support;

internal sealed class TestMeterFactory : IMeterFactory
{
    public Meter Create(MeterOptions options) => new(options);

    public void Dispose()
    {
    }
}
