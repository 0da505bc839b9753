using System.Text.Json;
using Spillway.Tool.CommandLine;
using Xunit;

namespace Spillway.Tool.Tests;

/// <summary>The command as somebody calls it, in this process.</summary>
internal sealed record ToolRun(int ExitCode, string Output, string Errors)
{
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    public static string Golden(string name) => Path.Combine(AppContext.BaseDirectory, "Golden", name);

    public static async Task<ToolRun> Of(params string[] words)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var errors = new StringWriter { NewLine = "\n" };
        var exitCode = await VerbTable.RunAsync(words, output, errors, TestContext.Current.CancellationToken);
        return new ToolRun(exitCode, output.ToString(), errors.ToString());
    }
}
