using System.ComponentModel;
using Spillway.Testing.Processes;

namespace Spillway.Chaos.Workload;

/// <summary>A client that others made, with its own defaults, driven by a script that writes the same history as our workers.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Process">Its number in the history.</param>
/// <param name="Program">What runs the script.</param>
/// <param name="Script">The script's file name.</param>
/// <param name="Check">Arguments with which the program ends well where the client is installed.</param>
internal sealed record StockClient(string Name, int Process, string Program, string Script, string[] Check)
{
    private static readonly string NodeModules = Environment.GetEnvironmentVariable("SPILLWAY_TEST_NODE_MODULES")
        ?? Path.Combine(BuiltServices.Repository, ".cache", "clients", "node_modules");

    /// <summary>Debian's modules belong to Debian's own interpreter.</summary>
    public static StockClient Librdkafka { get; } = new(
        "librdkafka",
        500,
        File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3",
        "librdkafka_worker.py",
        ["-c", "import confluent_kafka"]);

    public static StockClient Kafkajs { get; } = new("kafkajs", 501, "node", "kafkajs_worker.js", ["-e", "require('kafkajs')"]);

    public IReadOnlyDictionary<string, string> Variables { get; } = new Dictionary<string, string> { ["NODE_PATH"] = NodeModules };

    /// <summary>What a test says that skips for want of it.</summary>
    public string Advice => this == Librdkafka
        ? "confluent-kafka is not here: install python3-confluent-kafka"
        : "kafkajs is not here: install it with npm and set SPILLWAY_TEST_NODE_MODULES";

    public async Task<bool> IsInstalledAsync()
    {
        try
        {
            await using var process = ChildProcess.Start(Program, Check, Variables);
            return await process.WaitForExitAsync(TimeSpan.FromMinutes(1), CancellationToken.None) == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
