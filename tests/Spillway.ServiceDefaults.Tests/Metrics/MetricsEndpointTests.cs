using System.ComponentModel;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Spillway.ServiceDefaults.Metrics;
using Xunit;

namespace Spillway.ServiceDefaults.Tests.Metrics;

public sealed class MetricsEndpointTests
{
    [Fact]
    public async Task The_endpoint_speaks_the_text_format_and_includes_the_runtime()
    {
        await using var service = await ServiceTestContext.StartAsync();

        using var response = await service.Http.GetAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal(PrometheusExporter.ContentType, response.Content.Headers.ContentType!.ToString());
        var body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Contains("# TYPE spillway_build_info gauge\n", body, StringComparison.Ordinal);
        Assert.Contains("\ndotnet_gc_collections_total{", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Promtool_finds_nothing_to_complain_about()
    {
        await using var service = await ServiceTestContext.StartAsync();
        var meter = service.App.Services.GetRequiredService<IMeterFactory>().Create("Spillway.Test");
        meter.CreateCounter<long>("spillway.wal.appended", "By", "Bytes \\ appended\nto the WAL.").Add(5, new KeyValuePair<string, object?>("path", "a\"\\\n"));
        meter.CreateHistogram<double>("spillway.wal.flush.duration", "s", "Duration of a flush.").Record(0.002);
        meter.CreateUpDownCounter<long>("spillway.wal.open", "{segment}", "Open segments.").Add(2);
        await service.GetAsync("/healthz/live");

        var (exitCode, output) = await RunPromtoolAsync((await service.GetAsync("/metrics")).Body);

        Assert.True(exitCode == 0, output);
    }

    [Fact]
    public async Task Promtool_does_complain_about_a_bad_exposition()
    {
        var (exitCode, _) = await RunPromtoolAsync("# TYPE a counter\na{b=\"c} 1\n");

        Assert.NotEqual(0, exitCode);
    }

    private static async Task<(int ExitCode, string Output)> RunPromtoolAsync(string exposition)
    {
        var start = new ProcessStartInfo("promtool", ["check", "metrics"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        Process promtool;
        try
        {
            promtool = Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            Assert.Skip("promtool is not installed (Debian: apt install prometheus)");
            throw;
        }

        using (promtool)
        {
            await promtool.StandardInput.WriteAsync(exposition);
            promtool.StandardInput.Close();
            var errors = promtool.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            var output = await promtool.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await promtool.WaitForExitAsync(TestContext.Current.CancellationToken);
            return (promtool.ExitCode, output + await errors);
        }
    }
}
