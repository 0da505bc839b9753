using System.Diagnostics;
using System.Globalization;
using Spillway.Testing.Processes;
using Spillway.Testing.Wal;
using Xunit;

namespace Spillway.EndToEnd.Tests.Processes;

/// <summary>The standalone service in a process of its own, on a folder of its own, with ports that survive a restart.</summary>
public sealed class StandaloneProcess : IKafkaCluster, IAsyncDisposable
{
    private static readonly TimeSpan StartTime = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _data = new();
    private string[] _arguments;
    private readonly string _assembly;
    private ChildProcess? _process;

    public StandaloneProcess(params string[] arguments)
        : this(BuiltServices.Assembly("Spillway.Standalone"), arguments)
    {
    }

    public StandaloneProcess(string assembly, string[] arguments) => (_assembly, _arguments) = (assembly, arguments);

    public int KafkaPort { get; } = FreePorts.Take();

    public int HttpPort { get; } = FreePorts.Take();

    public string BootstrapServers => $"127.0.0.1:{KafkaPort}";

    public string DataFolder => _data.Path;

    public string WalFolder => Path.Combine(_data.Path, "wal");

    public string ObjectsFolder => Path.Combine(_data.Path, "objects");

    public IReadOnlyCollection<string> Errors => Process.Errors;

    public IReadOnlyCollection<string> Output => Process.Output;

    /// <summary>Everything it logged, on whichever stream.</summary>
    public IReadOnlyList<string> LogLines => [.. Process.Output, .. Process.Errors];

    /// <summary>When the process that runs now was started.</summary>
    public long StartedAt { get; private set; }

    internal ChildProcess Process => _process ?? throw new InvalidOperationException("not started");

    public static async Task<StandaloneProcess> StartNewAsync(params string[] arguments)
    {
        var standalone = new StandaloneProcess(arguments);
        await standalone.StartAsync();
        return standalone;
    }

    public async Task StartAsync()
    {
        StartedAt = Stopwatch.GetTimestamp();
        _process = ChildProcess.Start("dotnet", AllArguments());
        await Deadline.UntilAsync(
            () => Process.HasExited || Process.Output.Any(static line => line.Contains("listening", StringComparison.Ordinal)),
            StartTime,
            "standalone says that it listens",
            TestContext.Current.CancellationToken,
            Tail);
        Assert.False(Process.HasExited, "standalone ended at its start:\n" + Tail());
    }

    /// <summary>Starts it for a test that expects it to end at once; the result is the exit code and what it wrote.</summary>
    public async Task<(int ExitCode, IReadOnlyCollection<string> Errors)> RunToEndAsync()
    {
        _process = ChildProcess.Start("dotnet", AllArguments());
        var exitCode = await _process.WaitForExitAsync(StartTime, TestContext.Current.CancellationToken);
        return (exitCode, _process.Errors);
    }

    public Task Kill9Async() => Process.Kill9Async();

    public Task RestartAsync() => StartAsync();

    /// <summary>Starts again with other settings.</summary>
    public Task RestartAsync(string[] arguments)
    {
        _arguments = arguments;
        return StartAsync();
    }

    /// <summary>Stops as Ctrl-C does; the result is how long that took.</summary>
    public async Task<TimeSpan> StopAsync()
    {
        var started = Stopwatch.GetTimestamp();
        Process.Terminate();
        var exitCode = await Process.WaitForExitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.True(exitCode == 0, $"standalone stopped with {exitCode}:\n{Tail()}");
        return Stopwatch.GetElapsedTime(started);
    }

    public Task<double> ReadMetricAsync(string name, string containing = "") => Prometheus.ReadAsync(HttpPort, name, containing);

    public string Tail() => _process is null ? "not started" : $"standalone's last lines:\n{_process.Tail()}";

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        _data.Dispose();
    }

    private string[] AllArguments() =>
    [
        "exec", _assembly,
        "--data", _data.Path,
        "--port", KafkaPort.ToString(CultureInfo.InvariantCulture),
        "--http-port", HttpPort.ToString(CultureInfo.InvariantCulture),
        .. _arguments,
    ];
}
