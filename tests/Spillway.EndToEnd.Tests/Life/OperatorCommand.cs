using System.Text.Json;
using Spillway.Testing.Processes;
using Xunit;

namespace Spillway.EndToEnd.Tests.Life;

/// <summary>Runs <c>spillway</c> as an operator does, for its JSON.</summary>
internal static class OperatorCommand
{
    private static readonly TimeSpan Time = TimeSpan.FromMinutes(5);

    /// <summary>The exit code, and the report as the command printed it.</summary>
    public static async Task<(int ExitCode, JsonElement Report)> RunAsync(
        IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        await using var run = ChildProcess.Start(
            "dotnet", ["exec", BuiltServices.Assembly("Spillway.Tool", "spillway"), .. arguments, "--json"], environment);
        var exitCode = await run.WaitForExitAsync(Time, TestContext.Current.CancellationToken);
        var output = string.Join('\n', run.Output);
        Assert.True(output.StartsWith('{'), $"spillway {string.Join(' ', arguments)} ended with {exitCode}:\n{run.Tail()}");
        return (exitCode, JsonDocument.Parse(output).RootElement);
    }
}
