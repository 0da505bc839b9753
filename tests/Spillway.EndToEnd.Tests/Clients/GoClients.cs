using Spillway.Testing.Processes;
using Xunit;

namespace Spillway.EndToEnd.Tests.Clients;

/// <summary>Builds the drivers of clients written in Go, once a run, against the libraries that Debian packages.</summary>
internal static class GoClients
{
    public const string Advice = "install golang-go golang-github-shopify-sarama-dev";

    private const string Libraries = "/usr/share/gocode";

    private static readonly SemaphoreSlim OneAtATime = new(1, 1);
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Clients", "go");

    public static string Binary(string name) => Path.Combine(Folder, name);

    /// <summary>True when the binary is there and newer than its source.</summary>
    public static async Task<bool> BuildAsync(string binary)
    {
        var source = Path.Combine(AppContext.BaseDirectory, "Clients", "scripts", Path.GetFileName(binary) + ".go");
        if (!File.Exists("/usr/bin/go") || !Directory.Exists(Libraries) || !File.Exists(source))
        {
            return false;
        }

        await OneAtATime.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            if (File.Exists(binary) && File.GetLastWriteTimeUtc(binary) >= File.GetLastWriteTimeUtc(source))
            {
                return true;
            }

            await using var build = ChildProcess.Start("/usr/bin/go", ["build", "-o", binary, source], new Dictionary<string, string>
            {
                ["GO111MODULE"] = "off",
                ["GOPATH"] = Libraries,
                ["GOCACHE"] = Path.Combine(Folder, "cache"),
                ["GOFLAGS"] = "",
            });
            var exitCode = await build.WaitForExitAsync(TimeSpan.FromMinutes(5), TestContext.Current.CancellationToken);
            Assert.True(exitCode == 0, $"go build {source}:\n{build.Tail()}");
            return true;
        }
        finally
        {
            OneAtATime.Release();
        }
    }
}
