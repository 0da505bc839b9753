using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Spillway.Testing.Processes;

/// <summary>A process started by a test: its output is kept, and it does not outlive the test.</summary>
public sealed partial class ChildProcess : IAsyncDisposable
{
    private const int TailLines = 40;
    private const int SigTerm = 15;
    private const int SigCont = 18;
    private const int SigStop = 19;

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly ConcurrentQueue<string> _errors = new();

    private ChildProcess(Process process) => _process = process;

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    public IReadOnlyCollection<string> Output => _output;

    public IReadOnlyCollection<string> Errors => _errors;

    public static ChildProcess Start(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        var child = new ChildProcess(new Process { StartInfo = start });
        child._process.OutputDataReceived += (_, line) => Keep(child._output, line.Data);
        child._process.ErrorDataReceived += (_, line) => Keep(child._errors, line.Data);
        child._process.Start();
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        child._process.StandardInput.Close();
        return child;
    }

    /// <summary>The last lines that the process wrote, for the message of a test that fails.</summary>
    public string Tail() => string.Join('\n', _output.TakeLast(5).Concat(_errors.TakeLast(TailLines)));

    /// <summary>Waits for the end and for all output; the process is killed when it does not end in time.</summary>
    public async Task<int> WaitForExitAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        try
        {
            await _process.WaitForExitAsync(cancellationToken).WaitAsync(time, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            await Kill9Async();
            throw new TimeoutException($"{_process.StartInfo.FileName} did not end within {time.TotalSeconds:0} s:\n{Tail()}", e);
        }

        return _process.ExitCode;
    }

    /// <summary>Asks to stop, as Ctrl-C and Kubernetes do.</summary>
    public void Terminate() => _ = Kill(_process.Id, SigTerm);

    /// <summary>Stops it from running, as a machine that hangs; nothing tells it or others.</summary>
    public void Suspend() => _ = Kill(_process.Id, SigStop);

    /// <summary>Lets a suspended process go on as if no time had passed.</summary>
    public void Resume() => _ = Kill(_process.Id, SigCont);

    /// <summary>Ends the process where it stands.</summary>
    public async Task Kill9Async()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Kill9Async();
        _process.Dispose();
    }

    private static void Keep(ConcurrentQueue<string> lines, string? line)
    {
        if (line is not null)
        {
            lines.Enqueue(line);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int processId, int signal);
}
