using Spillway.EndToEnd.Tests.Processes;
using Xunit;

namespace Spillway.EndToEnd.Tests.Clients;

/// <summary>One standalone whose groups of the consumer protocol hear from their members often, so that tests do not wait for seconds.</summary>
public sealed class ConsumerProtocolFixture : IKafkaCluster, IAsyncLifetime
{
    private readonly StandaloneProcess _standalone = new(
        "--set", "group.initial.rebalance.delay.ms=0",
        "--set", "group.consumer.min.heartbeat.interval.ms=100",
        "--set", "group.consumer.heartbeat.interval.ms=250");

    public string BootstrapServers => _standalone.BootstrapServers;

    public async ValueTask InitializeAsync() => await _standalone.StartAsync();

    public string Tail() => _standalone.Tail();

    public ValueTask DisposeAsync() => _standalone.DisposeAsync();
}
