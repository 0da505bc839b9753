using System.Globalization;
using Spillway.Kafka.Records;
using Spillway.Standalone.CommandLine;
using Spillway.Testing.Processes;
using Spillway.Testing.Wal;
using Xunit;

namespace Spillway.Standalone.Tests.Produce;

/// <summary>
/// The garbage of a produced batch, in the whole process: frontend, writer and metadata, from the socket to the answer. Counted by the
/// runtime, while nothing else runs here; of several rounds the least counts, so that what a loop does now and then is not in it.
/// </summary>
[Collection("alone")]
[CollectionDefinition("alone", DisableParallelization = true)]
public sealed class ProduceAllocationTests(ITestOutputHelper output)
{
    private const int BatchBytes = 16 << 10;
    private const int RoundBatchCount = 500;
    private const int RoundCount = 6;

    // A batch that is alone pays for a block, a commit and an entry of the log by itself; more in flight share them.
    [Theory]
    [InlineData(5, 1024)]
    [InlineData(1, 2048)]
    public async Task A_produced_batch_costs_so_much_garbage_at_most(int inFlightMax, int allocatedBytesMax)
    {
        using var folder = new TemporaryFolder();
        var port = FreePorts.TakeBase([0, 1]);
        var (options, _) = StandaloneArguments.Parse(
        [
            "--data", folder.Path, "--port", Text(port), "--http-port", Text(port + 1),
            // What is kept for readers is full, and its buffers go round, before counting begins.
            "--Spillway:ProtocolFrontend:TailCacheBytesMax=1048576", "--Spillway:WalWriter:RecentBytesMax=1048576",
        ]);
        await using var app = StandaloneHost.Build(options!, TextWriter.Null);
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var load = new ProduceLoad(port, "t", CreateBatch(), inFlightMax);
        load.Run(1000);

        var least = long.MaxValue;
        for (var round = 0; round < RoundCount; round++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            load.Run(RoundBatchCount);
            var bytes = (GC.GetTotalAllocatedBytes(precise: true) - before) / RoundBatchCount;
            output.WriteLine($"round {round}: {bytes} B a batch");
            least = Math.Min(least, bytes);
        }

        var types = least <= allocatedBytesMax ? "" : Sample(load);
        await app.StopAsync(TestContext.Current.CancellationToken);
        Assert.True(least <= allocatedBytesMax, $"{least} B a batch, more than {allocatedBytesMax}:\n{types}");
    }

    private static byte[] CreateBatch()
    {
        var value = new byte[BatchBytes];
        new Random(1).NextBytes(value);
        var builder = new RecordBatchBuilder();
        builder.Append(1_700_000_000_000, null, value);
        return builder.Build();
    }

    private static string Sample(ProduceLoad load)
    {
        using var samples = new AllocationSamples();
        load.Run(4000);
        return samples.Describe(4000);
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
