using Xunit;

namespace Spillway.Standalone.Tests.Documents;

public sealed class ConfigurationReferenceTests
{
    /// <summary>With SPILLWAY_WRITE_DOCS=1 the page is written instead of compared: <c>make docs</c>.</summary>
    [Fact]
    public void The_configuration_reference_is_what_the_options_classes_say()
    {
        var page = Path.Combine(RepositoryRoot(), "docs", "configuration.md");
        var written = ConfigurationReference.Write();
        if (Environment.GetEnvironmentVariable("SPILLWAY_WRITE_DOCS") == "1")
        {
            File.WriteAllText(page, written);
        }

        Assert.True(File.ReadAllText(page) == written, "docs/configuration.md is out of date: run `make docs` and commit it.");
    }

    [Fact]
    public void Every_option_is_documented()
    {
        var bare = ConfigurationReference.Write().Split('\n').Where(static line => line.EndsWith("|  |", StringComparison.Ordinal));

        Assert.Empty(bare);
    }

    private static string RepositoryRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Spillway.slnx")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("Not inside the repository.");
        }

        return folder;
    }
}
