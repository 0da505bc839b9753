using System.Globalization;
using System.Runtime.InteropServices;
using Spillway.Chaos.Cluster;
using Spillway.Chaos.Nemesis;
using Spillway.Chaos.Workload;
using Spillway.History.Checking;
using Spillway.History.Files;
using Spillway.Testing.Processes;

namespace Spillway.Chaos;

/// <summary>What can be run by hand: a soak, and the checker on histories that were kept.</summary>
internal static class Commands
{
    private const string Usage =
        """
        usage: Spillway.Chaos soak [--seconds N] [--seed N] [--metadata N] [--rate N] [--pause-max SECONDS] [--txn N] [--keep 1]
               Spillway.Chaos check HISTORY…
        """;

    public static async Task<int> RunAsync(string[] args)
    {
        switch (args)
        {
            case ["soak", .. var options]:
                return await SoakAsync(
                    Option(options, "--seconds", 1_200),
                    Option(options, "--seed", Guid.NewGuid().GetHashCode() & int.MaxValue),
                    Option(options, "--metadata", 3),
                    Option(options, "--rate", 100),
                    Option(options, "--pause-max", 20),
                    Option(options, "--txn", 2),
                    Option(options, "--keep", 0) != 0);
            case ["check", _, ..]:
                var report = HistoryChecker.Check(HistoryReader.ReadMerged(args[1..]));
                Console.WriteLine(report);
                return report.IsClean ? 0 : 1;
            default:
                Console.Error.WriteLine(Usage);
                return 2;
        }
    }

    private static async Task<int> SoakAsync(
        int seconds, int seed, int metadataCount, int sendsPerSecond, int pauseMaxSeconds, int transactionWorkers, bool isKept)
    {
        var store = ChaosStore.FromEnvironment();
        Console.WriteLine($"seed {seed}, {seconds} s, {metadataCount} metadata, objects in {(store is null ? "a folder" : "S3")}");
        using var interrupt = new CancellationTokenSource();
        // Whoever stops it stops the cluster too.
        using var onTerm = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var onInt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        var folder = Path.Combine(BuiltServices.Repository, "artifacts", "chaos", $"soak-{seed}-{Environment.ProcessId}");
        var nemesis = pauseMaxSeconds < 10 ? NemesisOptions.Smoke(seed) : new NemesisOptions { Seed = seed };
        ChaosResult result;
        await using (var cluster = new ChaosCluster(
            new ChaosClusterOptions { Folder = folder, MetadataCount = metadataCount, CompactorCount = 2, Seed = seed, Store = store }))
        {
            await cluster.StartAsync(interrupt.Token);
            var workload = new WorkloadOptions
            {
                Seed = seed,
                SendsPerSecond = sendsPerSecond,
                TransactionWorkers = transactionWorkers,
                StockClients = [StockClient.Librdkafka, StockClient.Kafkajs],
            };
            var run = new ChaosRun(cluster, new ChaosRunOptions { Name = "soak", Seed = seed, Workload = workload });
            result = await run.RunAsync(
                (context, cancellationToken) => context.RunNemesisAsync(
                    nemesis with { PauseMax = TimeSpan.FromSeconds(pauseMaxSeconds) }, TimeSpan.FromSeconds(seconds), cancellationToken),
                interrupt.Token);
        }

        if (result.IsClean && !isKept)
        {
            Directory.Delete(folder, recursive: true);
        }

        Console.WriteLine(result.IsClean ? result.Summary() : result.ToString());
        return result.IsClean ? 0 : 1;

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            interrupt.Cancel();
        }
    }

    private static int Option(string[] options, string name, int otherwise)
    {
        var at = Array.IndexOf(options, name);
        return at < 0 ? otherwise : int.Parse(options[at + 1], CultureInfo.InvariantCulture);
    }
}
