using Xunit;

namespace Spillway.EndToEnd.Tests.Processes;

/// <summary>
/// The five services in processes of their own for the tests of several classes: groups do not wait for more members, members of the consumer
/// protocol are heard often, and so are transactions that are past their time.
/// </summary>
public sealed class FiveProcessFixture : IKafkaCluster, IAsyncLifetime
{
    public FiveProcessCluster Cluster { get; } = new() { Settings = new() { ["metadata"] = EagerMetadata } };

    public string BootstrapServers => Cluster.BootstrapServers;

    /// <summary>What makes a metadata node answer groups and transactions without Kafka's pauses.</summary>
    internal static string[] EagerMetadata =>
    [
        "Broker:group.initial.rebalance.delay.ms=0",
        "Broker:group.consumer.min.heartbeat.interval.ms=100",
        "Broker:group.consumer.heartbeat.interval.ms=250",
        "Broker:transaction.abort.timed.out.transaction.cleanup.interval.ms=200",
    ];

    public ValueTask InitializeAsync() => Cluster.InitializeAsync();

    public string Tail() => Cluster.Tail();

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();
}
