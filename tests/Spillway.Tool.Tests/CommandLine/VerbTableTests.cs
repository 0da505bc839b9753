using Spillway.Tool.CommandLine;
using Xunit;

namespace Spillway.Tool.Tests.CommandLine;

public sealed class VerbTableTests
{
    [Theory]
    [InlineData("object", "inspect")]
    [InlineData("object", "inspect", "a", "b")]
    [InlineData("object", "inspect", "a", "--nonsense")]
    [InlineData("object", "inspect", "a", "--records")]
    [InlineData("object", "inspect", "a", "--records", "-1")]
    [InlineData("object", "inspect", "a", "--json=yes")]
    [InlineData("object", "inspect", "s3://")]
    [InlineData("wal")]
    [InlineData("nonsense")]
    public async Task A_wrong_command_line_is_explained_on_the_error_stream(params string[] words)
    {
        var run = await ToolRun.Of(words);

        Assert.Equal((ExitCode.Usage, ""), (run.ExitCode, run.Output));
        Assert.Contains("spillway", run.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("object", "inspect", "--help")]
    public async Task Help_is_no_error(params string[] words)
    {
        var run = await ToolRun.Of(words);

        Assert.Equal((ExitCode.Sound, ""), (run.ExitCode, run.Errors));
        Assert.Contains("object inspect", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void An_option_has_its_value_behind_it_or_behind_an_equals_sign()
    {
        var option = new VerbOption("--volume", "NAME=PATH", "");

        var arguments = Arguments.Parse(["--volume", "a=/x", "word", "--volume=b=/y"], [option]);

        Assert.Equal(["a=/x", "b=/y"], arguments.All(option));
        Assert.Equal("word", arguments.GetOperand("WORD"));
    }
}
