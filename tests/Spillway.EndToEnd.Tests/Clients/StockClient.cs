using System.Diagnostics;
using System.Text.Json;
using Spillway.EndToEnd.Tests.Processes;
using Spillway.Testing.Processes;
using Xunit;

namespace Spillway.EndToEnd.Tests.Clients;

/// <summary>A Kafka client that others wrote, driven by its script. A test that wants one which is not here skips with the reason.</summary>
internal sealed class StockClient(string name, string program, string[] arguments, string probe, string advice)
{
    /// <summary>Kafka's own client, in Java.</summary>
    public const string KafkaJava = "kafka-java";

    private static readonly TimeSpan ScenarioTime = TimeSpan.FromSeconds(150);
    private static readonly string Scripts = Path.Combine(AppContext.BaseDirectory, "Clients", "scripts");
    private static readonly string NodeModules = Environment.GetEnvironmentVariable("SPILLWAY_TEST_NODE_MODULES")
        ?? Path.Combine(BuiltServices.Repository, ".cache", "clients", "node_modules");

    // Kafka's own client and what it needs.
    private static readonly string KafkaLibraries = Environment.GetEnvironmentVariable("SPILLWAY_TEST_KAFKA_LIBS")
        ?? Path.Combine(BuiltServices.Repository, ".cache", "clients", "kafka-java");

    private static readonly Dictionary<string, StockClient> All = new StockClient[]
    {
        Python("kcat", "kcat_client.py", "import subprocess; subprocess.run(['kcat', '-V'], check=True)", "install kcat"),
        Python("confluent-kafka", "confluent_kafka_client.py", "import confluent_kafka", "install python3-confluent-kafka"),
        Python("kafka-python", "kafka_python_client.py", "import kafka", "install python3-kafka"),
        Node("kafkajs", "kafkajs_client.js", "kafkajs", "npm install kafkajs@2.2.4"),
        Node("platformatic", "platformatic_client.mjs", "@platformatic/kafka", "npm install @platformatic/kafka@1.35.0"),
        Java(KafkaJava, "KafkaJavaClient.java"),
        new("sarama", GoClients.Binary("sarama_client"), [], "", GoClients.Advice),
    }.ToDictionary(static client => client._name);

    // librdkafka as it is now, under the Python module of the Debian release: the library keeps its binary interface.
    private static readonly string Librdkafka = Environment.GetEnvironmentVariable("SPILLWAY_TEST_LIBRDKAFKA")
        ?? Path.Combine(BuiltServices.Repository, ".cache", "clients", "librdkafka");

    private readonly string _name = name;

    private static bool HasKafkaJava =>
        Directory.Exists(KafkaLibraries) && Directory.EnumerateFiles(KafkaLibraries, "kafka-clients*.jar").Any();

    /// <summary>All that are played everywhere; Kafka's own only where its jars are, so that where they are not one test of its says so.</summary>
    public static IEnumerable<string> Names => All.Keys.Where(static name => name != KafkaJava || HasKafkaJava);

    /// <summary>librdkafka 2.15.1, not among <see cref="Names"/>: for what older clients do not have.</summary>
    public static StockClient NewestLibrdkafka { get; } = new(
        "librdkafka 2.15.1",
        "env",
        [$"LD_LIBRARY_PATH={Librdkafka}", Installed.Python, Path.Combine(Scripts, "confluent_kafka_client.py")],
        "import confluent_kafka as k, sys; sys.exit(k.libversion()[0] != '2.15.1')",
        "build it as .ci/run does, and install python3-confluent-kafka");

    /// <summary>The clients named, and Kafka's own where its jars are.</summary>
    public static TheoryData<string> AndKafkaJava(params string[] names) => [.. HasKafkaJava ? names.Append(KafkaJava) : names];

    public static StockClient Find(string name) => name == NewestLibrdkafka._name ? NewestLibrdkafka : All[name];

    /// <summary>Plays a scenario and returns what the client printed; skips when the client is absent or cannot do it.</summary>
    public async Task<IReadOnlyList<JsonElement>> PlayAsync(IKafkaCluster cluster, string scenario, params string[] more)
    {
        await RequireAsync();
        var started = Stopwatch.GetTimestamp();
        await using var process = ChildProcess.Start(program, [.. arguments, scenario, cluster.BootstrapServers, .. more], Environments());
        var exitCode = await WaitAsync(process, cluster);
        Assert.True(exitCode == 0, $"{_name} {scenario} ended with {exitCode}:\n{process.Tail()}\n{cluster.Tail()}");
        TestContext.Current.SendDiagnosticMessage($"{_name} {scenario}: {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s");

        var lines = process.Output.Select(static line => JsonDocument.Parse(line).RootElement).ToList();
        if (lines.Count > 0 && lines[0].TryGetProperty("unsupported", out var why))
        {
            Assert.Skip(why.GetString()!);
        }

        return lines;
    }

    private static async Task<int> WaitAsync(ChildProcess process, IKafkaCluster cluster)
    {
        try
        {
            return await process.WaitForExitAsync(ScenarioTime, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}\n{cluster.Tail()}", e);
        }
    }

    private static Dictionary<string, string> Environments() => new()
    {
        ["NODE_PATH"] = NodeModules,
        ["KAFKAJS_NO_PARTITIONER_WARNING"] = "1",
        ["PYTHONDONTWRITEBYTECODE"] = "1",
    };

    private static StockClient Python(string name, string script, string probe, string advice) =>
        new(name, Installed.Python, [Path.Combine(Scripts, script)], probe, advice);

    private static StockClient Node(string name, string script, string package, string advice) =>
        new(name, "node", [Path.Combine(Scripts, script)], Path.Combine(NodeModules, package, "package.json"), advice);

    private static StockClient Java(string name, string script) => new(
        name,
        "java",
        ["-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", Path.Combine(KafkaLibraries, "*"), Path.Combine(Scripts, script)],
        KafkaLibraries,
        "name a folder with Kafka's jars in SPILLWAY_TEST_KAFKA_LIBS, as the libs of its distribution");

    private async Task RequireAsync()
    {
        var isHere = program switch
        {
            "java" => HasKafkaJava && await Installed.RunsAsync("java", "-version"),
            "node" => File.Exists(probe) && await Installed.RunsAsync("node", "--version"),
            _ when probe.Length > 0 => await Installed.RunsAsync(program, [.. arguments[..^1], "-c", probe]),
            _ => await GoClients.BuildAsync(program),
        };
        Assert.SkipUnless(isHere, $"{_name} is not here: {advice}");
    }
}
