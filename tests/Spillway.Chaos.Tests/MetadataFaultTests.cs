using Spillway.Chaos.Nemesis;
using Spillway.Chaos.Workload;
using Xunit;

namespace Spillway.Chaos.Tests;

/// <summary>Metadata that dies, all of it at once.</summary>
[Collection("chaos")]
public sealed class MetadataFaultTests(ClusterFixture fixture)
{
    [Fact]
    public async Task Killing_all_metadata_nodes_at_once_again_and_again_loses_nothing()
    {
        await fixture.RunAsync("metadata", new WorkloadOptions { SendsPerSecond = 40 }, static async (context, cancellationToken) =>
        {
            var catalog = new FaultCatalog(context.Cluster, new Random(context.Seed), TimeSpan.FromSeconds(1));
            for (var round = 0; round < Knobs.Rounds; round++)
            {
                await WriterFaultTests.WorkAsync(context, records: 300, cancellationToken);
                await context.RunAsync(catalog.KillAllMetadata(), cancellationToken);
            }

            await WriterFaultTests.WorkAsync(context, records: 300, cancellationToken);
        });
    }
}
