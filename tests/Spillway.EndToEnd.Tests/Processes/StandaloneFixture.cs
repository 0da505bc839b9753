using Xunit;

namespace Spillway.EndToEnd.Tests.Processes;

/// <summary>One standalone for all tests of a class.</summary>
public sealed class StandaloneFixture : IKafkaCluster, IAsyncLifetime
{
    public StandaloneProcess Standalone { get; } = new("--set", "group.initial.rebalance.delay.ms=0");

    public string BootstrapServers => Standalone.BootstrapServers;

    public async ValueTask InitializeAsync() => await Standalone.StartAsync();

    public string Tail() => Standalone.Tail();

    public ValueTask DisposeAsync() => Standalone.DisposeAsync();
}
