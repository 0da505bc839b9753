using System.Diagnostics;
using System.Text;

namespace Spillway.Rpc.Tests.Interop;

/// <summary>A script of this folder, run to its end or until it is disposed.</summary>
internal sealed class InteropProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task<string> _errors;

    private InteropProcess(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
    }

    public static InteropProcess Start(
        string program, IEnumerable<string> arguments, string folder, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }
        return new InteropProcess(Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start."));
    }

    /// <summary>Runs a program to its end; null where there is no such program or it fails.</summary>
    public static async Task<string?> TryRunAsync(string program, string[] arguments, string folder)
    {
        try
        {
            await using var process = Start(program, arguments, folder);
            var (exitCode, output, _) = await process.WaitAsync(TimeSpan.FromMinutes(2));
            return exitCode == 0 ? output : null;
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or TimeoutException)
        {
            return null;
        }
    }

    /// <summary>The number after "port", which a server prints once it listens.</summary>
    public async Task<int> ReadPortAsync()
    {
        var line = await _process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken)
            .AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        return line is not null && line.StartsWith("port ", StringComparison.Ordinal)
            ? int.Parse(line[5..], System.Globalization.CultureInfo.InvariantCulture)
            : throw new InvalidOperationException($"The server said '{line}': {await _errors}");
    }

    public async Task<(int ExitCode, string Output, string Errors)> WaitAsync(TimeSpan timeout)
    {
        var output = _process.StandardOutput.ReadToEndAsync();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(timeout);
        return (_process.ExitCode, await output, await _errors);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.StandardInput.Close();
            try
            {
                await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(5));
            }
            catch (TimeoutException)
            {
                _process.Kill(entireProcessTree: true);
            }
        }
        _process.Dispose();
    }
}
