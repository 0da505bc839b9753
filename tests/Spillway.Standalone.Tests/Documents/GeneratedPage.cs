using Xunit;

namespace Spillway.Standalone.Tests.Documents;

/// <summary>A page of docs/ that is written by a test.</summary>
internal static class GeneratedPage
{
    /// <summary>With SPILLWAY_WRITE_DOCS=1 the page is written first: <c>make docs</c>.</summary>
    public static void Check(string name, string written)
    {
        var page = Path.Combine(RepositoryRoot(), "docs", name);
        if (Environment.GetEnvironmentVariable("SPILLWAY_WRITE_DOCS") == "1")
        {
            File.WriteAllText(page, written);
        }

        Assert.True(File.ReadAllText(page) == written, $"docs/{name} is out of date: run `make docs` and commit it.");
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
