using System.Net;
using Spillway.Testing.Processes;

namespace Spillway.Chaos.Cluster;

/// <summary>
/// One service as a process that dies and comes back with the same arguments, ports and folders. Its log goes on in one file. Thread-safe.
/// </summary>
internal sealed class ServiceProcess : IAsyncDisposable
{
    /// <summary>The exit code of a process that a signal ended: 128 and SIGKILL's number.</summary>
    public const int KilledExitCode = 137;

    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(2) };

    private static readonly Dictionary<string, string> Environment = new()
    {
        // A dozen processes share this machine: less to compile and less to collect.
        ["DOTNET_TieredPGO"] = "0",
        ["DOTNET_GCHeapAffinitizeMask"] = "1",
        ["DOTNET_gcConcurrent"] = "0",
    };

    private readonly Lock _lock = new(); // guards _process and _isPaused
    private readonly string _assembly;
    private readonly string[] _arguments;
    private readonly string _folder;
    private ChildProcess? _process;
    private bool _isPaused;

    public ServiceProcess(string name, ServiceRole role, string zone, int httpPort, string folder, string[] arguments)
    {
        (Name, Role, Zone, HttpPort, _folder, _arguments) = (name, role, zone, httpPort, folder, arguments);
        _assembly = BuiltServices.Assembly(role switch
        {
            ServiceRole.Metadata => "Spillway.Metadata",
            ServiceRole.ZoneRouter => "Spillway.ZoneRouter",
            ServiceRole.Writer => "Spillway.WalWriter",
            ServiceRole.Frontend => "Spillway.ProtocolFrontend",
            _ => "Spillway.S3Compactor",
        });
        Faults = new FaultFile(FaultPath(folder, name));
        Directory.CreateDirectory(Path.Combine(folder, "log"));
    }

    public string Name { get; }

    public ServiceRole Role { get; }

    public string Zone { get; }

    /// <summary>The port of health and metrics.</summary>
    public int HttpPort { get; }

    /// <summary>The faults that the process makes by itself.</summary>
    public FaultFile Faults { get; }

    public string LogPath => Path.Combine(_folder, "log", Name + ".log");

    public int? ProcessId => _process is { HasExited: false } process ? process.Id : null;

    public bool HasExited => _process is not { HasExited: false };

    /// <summary>Whether nobody is to bring it back.</summary>
    public bool IsHeldDown { get; set; }

    /// <summary>How often it was started.</summary>
    public int StartCount { get; private set; }

    public static string FaultPath(string folder, string name) => Path.Combine(folder, "faults", name);

    /// <summary>Starts it where it does not run.</summary>
    public void Start()
    {
        lock (_lock)
        {
            if (_process is { HasExited: false })
            {
                return;
            }

            StartCount++;
            _isPaused = false;
            _process = ChildProcess.Start(
                "bash",
                ["-c", "log=$1; shift; cd \"$(dirname \"$log\")/..\" && exec dotnet \"$@\" >>\"$log\" 2>&1", "bash", LogPath, _assembly, .. _arguments],
                Environment);
        }
    }

    /// <summary>Its exit code, once it has one.</summary>
    public int? ExitCode => _process is { HasExited: true } process ? process.ExitCode : null;

    /// <summary>Ends it where it stands.</summary>
    public Task Kill9Async() => _process?.Kill9Async() ?? Task.CompletedTask;

    /// <summary>Asks it to drain and stop, and waits until it has.</summary>
    public async Task<int> StopAsync(TimeSpan time)
    {
        if (_process is not { } process)
        {
            return 0;
        }

        process.Terminate();
        return await process.WaitForExitAsync(time, CancellationToken.None);
    }

    public void Pause() => SetPaused(true);

    public void Resume() => SetPaused(false);

    /// <summary>Whether it says that it is ready.</summary>
    public async Task<bool> IsReadyAsync()
    {
        try
        {
            using var answer = await Http.GetAsync(new Uri($"http://127.0.0.1:{HttpPort}/healthz/ready"));
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>What it says at /metrics, or nothing.</summary>
    public async Task<string> ReadMetricsAsync()
    {
        try
        {
            return await Http.GetStringAsync(new Uri($"http://127.0.0.1:{HttpPort}/metrics"));
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return "";
        }
    }

    /// <summary>The last lines of its log.</summary>
    public string Tail(int lines) => File.Exists(LogPath) ? string.Join('\n', File.ReadLines(LogPath).TakeLast(lines)) : "no log";

    public override string ToString() => Name;

    public async ValueTask DisposeAsync()
    {
        IsHeldDown = true;
        var process = _process;
        _process = null;
        if (process is not null)
        {
            await process.DisposeAsync();
        }
    }

    private void SetPaused(bool isPaused)
    {
        lock (_lock)
        {
            if (_process is not { HasExited: false } || _isPaused == isPaused)
            {
                return;
            }

            _isPaused = isPaused;
            if (isPaused)
            {
                _process.Suspend();
            }
            else
            {
                _process.Resume();
            }
        }
    }
}
