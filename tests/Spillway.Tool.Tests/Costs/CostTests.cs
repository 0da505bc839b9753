using System.Text.Json;
using Spillway.Testing.Wal;
using Spillway.Tool.CommandLine;
using Xunit;

namespace Spillway.Tool.Tests.Costs;

public sealed class CostTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Two_processes_cost_what_the_sum_of_their_counters_costs()
    {
        // 1 TiB in 1024 s, so 1 GiB/s; 53 PUT-class and 10 GET-class requests a GiB.
        var a = await PageAsync("a", """
            # HELP spillway_frontend_produced_bytes_total x
            spillway_frontend_produced_bytes_total 549755813888
            spillway_object_store_requests_total{kind="put",outcome="ok",cause="drain"} 14272
            spillway_object_store_requests_total{kind="get",outcome="ok",cause="fetch"} 10240
            spillway_object_store_requests_total{kind="delete",outcome="ok",cause="garbage"} 999
            spillway_wal_volume_used_bytes{volume="wal"} 1024
            """);
        var b = await PageAsync("b", """
            spillway_frontend_produced_bytes_total{zone="b"} 549755813888
            spillway_object_store_requests_total{kind="part",outcome="ok",cause="drain"} 40000
            spillway_compactor_drained_bytes_total 1099511627776
            spillway_wal_written_bytes_total 1099511627776
            spillway_wal_read_bytes_total{reader="compactor",step="open_file"} 109951162777.6
            spillway_wal_read_bytes_total{reader="compactor",step="fresh_view"} 54975581388.8
            spillway_wal_read_bytes_total{reader="frontend",step="open_file"} 274877906944
            spillway_wal_read_bytes_total{reader="frontend",step="writer"} 999
            spillway_compactor_wal_memory_bytes_total 824633720832
            spillway_wal_volume_used_bytes{volume="wal"} 2048
            """);

        var run = await ToolRun.Of("cost", "--metrics", a, "--metrics", b, "--hours", "0.28444444444444444", "--json");
        var text = await ToolRun.Of("cost", "--metrics", a, "--metrics", b, "--hours", "1");

        Assert.Equal((ExitCode.Sound, ""), (run.ExitCode, run.Errors));
        Assert.Equal((53, 10), (Number(run.Json, "putsPerGiB"), Number(run.Json, "getsPerGiB")));
        Assert.Equal(2048, Number(run.Json, "walUsedBytes"));
        foreach (var rate in new[] { "asMeasured", "atOneGiBPerSecond" })
        {
            var dollars = run.Json.GetProperty(rate);
            Assert.Equal(5961.6, Number(dollars, "storage"), 0.1); // The article's own figure.
            Assert.Equal(2_628_000 * ((53 * 0.005) + (10 * 0.0004)) / 1000, Number(dollars, "requests"), 0.1);
            Assert.Equal(1.4 * 1073.741824 * 2.675, Number(dollars, "walVolume"), 0.1);
        }

        Assert.Equal(1.4, Number(run.Json, "walTrafficRatio"), 1e-6);
        Assert.Equal(1, Number(run.Json, "walWrittenRatio"), 1e-6);
        Assert.Equal(0.15, Number(run.Json, "walDrainReadRatio"), 1e-6);
        Assert.Equal(0.25, Number(run.Json, "walFetchReadRatio"), 1e-6);
        Assert.Equal(0.75, Number(run.Json, "writerMemoryRatio"), 1e-6);

        Assert.Contains("prices of 2026-11-22", text.Output, StringComparison.Ordinal);
        Assert.Contains("AutoMQ+FSx", text.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_ingest_or_hours_there_is_no_answer()
    {
        var page = await PageAsync("a", "spillway_other 1");

        Assert.Equal(ExitCode.Unavailable, (await ToolRun.Of("cost", "--metrics", page, "--hours", "1")).ExitCode);
        Assert.Equal(ExitCode.Usage, (await ToolRun.Of("cost", "--metrics", page)).ExitCode);
        Assert.Equal(ExitCode.Usage, (await ToolRun.Of("cost", "--metrics", page, "--hours", "0")).ExitCode);
    }

    private static double Number(JsonElement json, string name) => json.GetProperty(name).GetDouble();

    private async Task<string> PageAsync(string name, string text)
    {
        var path = Path.Combine(_folder.Path, name);
        await File.WriteAllTextAsync(path, text, TestContext.Current.CancellationToken);
        return path;
    }
}
