using Spillway.Chaos.Clients;
using Spillway.Chaos.Cluster;
using Spillway.Chaos.Workload;
using Spillway.Kafka;
using Spillway.Testing.Processes;
using Xunit;

namespace Spillway.Chaos.Tests;

/// <summary>
/// One cluster for all tests of the project: starting a dozen processes takes longer than most of them. Its folder, with histories and logs,
/// stays when a test fails.
/// </summary>
public sealed class ClusterFixture : IAsyncLifetime
{
    private ChaosCluster? _cluster;
    private bool _isKept;

    internal ChaosCluster Cluster => _cluster ?? throw new InvalidOperationException("not started");

    private static string Folder { get; } =
        Path.Combine(BuiltServices.Repository, "artifacts", "chaos", $"tests-{Knobs.Seed}-{Environment.ProcessId}");

    public async ValueTask InitializeAsync()
    {
        _cluster = new ChaosCluster(new ChaosClusterOptions { Folder = Folder, MetadataCount = 3, CompactorCount = 2, Seed = Knobs.Seed });
        try
        {
            await _cluster.StartAsync(CancellationToken.None);
        }
        catch (TimeoutException)
        {
            _isKept = true;
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Cluster.DisposeAsync();
        if (!_isKept)
        {
            Directory.Delete(Folder, recursive: true);
        }
    }

    /// <summary>Runs a scenario under the workload; nothing may be wrong with its history.</summary>
    internal async Task<ChaosResult> RunAsync(
        string name, WorkloadOptions workload, Func<ChaosContext, CancellationToken, Task> scenario)
    {
        var output = TestContext.Current.TestOutputHelper!;
        output.WriteLine($"seed {Knobs.Seed}");
        var options = new ChaosRunOptions { Name = name, Seed = Knobs.Seed, Workload = workload with { Seed = Knobs.Seed } };
        var kept = _isKept;
        _isKept = true;
        var result = await new ChaosRun(Cluster, options).RunAsync(scenario, TestContext.Current.CancellationToken);
        output.WriteLine($"{name}: {result.Summary()}");
        Assert.True(result.IsClean, $"seed {Knobs.Seed}: {result}\n{Cluster.Tail(5)}");
        _isKept = kept;
        return result;
    }

    /// <summary>Says no to a run that is clean and still wrong: what it left stays.</summary>
    internal void Require(bool condition, string message)
    {
        _isKept |= !condition;
        Assert.True(condition, message);
    }

    /// <summary>A producer in each zone, to a topic that the workload does not use.</summary>
    internal async Task<IReadOnlyList<AckProbe>> StartProbesAsync(string topic)
    {
        using var setup = Connections("probe", topic, 0);
        var partition = (await Topics.CreateAsync(setup, topic, 1))[0];
        return
        [
            .. Cluster.Zones.Select((zone, number) => new AckProbe(
                Connections($"probe-{zone}", partition.Topic, number), new TopicPartition(partition.Topic, number % Topics.PartitionCount), number)),
        ];
    }

    private ClusterConnections Connections(string clientId, string topic, int zone) =>
        new(Cluster.Bootstrap(zone), $"zone={Cluster.Zones[zone]};{clientId}", [topic], new Random(Knobs.Seed));
}
