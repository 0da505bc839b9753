using Spillway.EndToEnd.Tests.Processes;
using Xunit;

namespace Spillway.EndToEnd.Tests.Transactions;

/// <summary>A standalone that looks often for transactions that are past their time.</summary>
public sealed class TransactionFixture : IKafkaCluster, IAsyncLifetime
{
    private readonly StandaloneProcess _standalone = new(
        "--set", "group.initial.rebalance.delay.ms=0",
        "--set", "transaction.abort.timed.out.transaction.cleanup.interval.ms=200");

    public string BootstrapServers => _standalone.BootstrapServers;

    public async ValueTask InitializeAsync() => await _standalone.StartAsync();

    public string Tail() => _standalone.Tail();

    public ValueTask DisposeAsync() => _standalone.DisposeAsync();
}
