using System.ComponentModel;
using Spillway.Testing.Processes;
using Xunit;

namespace Spillway.EndToEnd.Tests.Processes;

/// <summary>What this machine has beside the SDK.</summary>
internal static class Installed
{
    /// <summary>Debian's modules belong to Debian's own interpreter.</summary>
    public static string Python { get; } = File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";

    /// <summary>True when a program is there and does what it is asked without an error.</summary>
    public static async Task<bool> RunsAsync(string program, params string[] arguments)
    {
        try
        {
            await using var process = ChildProcess.Start(program, arguments);
            return await process.WaitForExitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken) == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
