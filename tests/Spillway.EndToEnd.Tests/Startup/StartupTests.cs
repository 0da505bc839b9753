using System.Diagnostics;
using System.Text;
using Spillway.EndToEnd.Tests.Processes;
using Spillway.EndToEnd.Tests.Wire;
using Spillway.Kafka.Records;
using Spillway.Testing;
using Spillway.Testing.Processes;
using Xunit;

namespace Spillway.EndToEnd.Tests.Startup;

/// <summary>The first seconds of a process, and its last.</summary>
public sealed class StartupTests
{
    [Fact]
    public async Task A_first_produce_is_acknowledged_soon_after_the_start_and_ctrl_c_stops_in_5_s()
    {
        await using var standalone = await StandaloneProcess.StartNewAsync();
        await using (var connection = await RawConnection.OpenAsync(standalone))
        {
            await connection.CreateTopicAsync("first", 1);
            Assert.Equal(0, (await connection.ProduceAsync("first", 0, Batch())).ErrorCode);
        }

        var firstAck = Stopwatch.GetElapsedTime(standalone.StartedAt);
        var stop = await standalone.StopAsync();

        TestContext.Current.TestOutputHelper!.WriteLine(
            $"first acknowledged produce {firstAck.TotalMilliseconds:0} ms after the start, stopped in {stop.TotalMilliseconds:0} ms");
        // The bar is a second, on a published build.
        Assert.True(firstAck < QuietMachine.Bound(TimeSpan.FromSeconds(5)), $"first ack after {firstAck}");
        Assert.True(stop < QuietMachine.Bound(TimeSpan.FromSeconds(5)), $"stopped in {stop}");
    }

    [Fact]
    public async Task The_announcement_says_where_everything_is()
    {
        await using var standalone = await StandaloneProcess.StartNewAsync();

        await Deadline.UntilAsync(
            () => standalone.Output.Any(static line => line.Contains("kcat", StringComparison.Ordinal)),
            TimeSpan.FromSeconds(10),
            "the line to try",
            TestContext.Current.CancellationToken);
        var text = string.Join('\n', standalone.Output);
        Assert.Contains(standalone.BootstrapServers, text, StringComparison.Ordinal);
        Assert.Contains(standalone.DataFolder, text, StringComparison.Ordinal);
        Assert.Contains($":{standalone.HttpPort}/metrics", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--frobnicate", "7", "--frobnicate", "--port")]
    [InlineData("--set", "num.partitionz=4", "num.partitionz", "num.partitions")]
    [InlineData("--set", "num.partitions=many", "num.partitions", "")]
    [InlineData("--port", "99999", "--port", "9092")]
    [InlineData("--Spillway:WalWriter:RollIntervall=00:00:01", "--Spillway:WalWriter:Zone=local", "RollIntervall", "RollInterval")]
    public async Task A_wrong_argument_is_one_line_that_names_it_and_an_example(string first, string second, string name, string example)
    {
        await using var standalone = new StandaloneProcess(first, second);

        var (exitCode, errors) = await standalone.RunToEndAsync();

        Assert.Equal(2, exitCode);
        var line = Assert.Single(errors);
        Assert.Contains(name, line, StringComparison.Ordinal);
        Assert.Contains(example, line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_in_use_is_one_line()
    {
        await using var first = await StandaloneProcess.StartNewAsync();
        await using var second = new StandaloneProcess("--port", first.BootstrapServers.Split(':')[1]);

        var (exitCode, errors) = await second.RunToEndAsync();

        Assert.Equal(2, exitCode);
        Assert.Contains($"{first.KafkaPort}", AssertOneReason(errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_data_folder_in_use_is_one_line()
    {
        await using var first = await StandaloneProcess.StartNewAsync();
        await using var second = new StandaloneProcess("--data", first.DataFolder);

        var (exitCode, errors) = await second.RunToEndAsync();

        Assert.Equal(2, exitCode);
        Assert.Contains(first.DataFolder, AssertOneReason(errors), StringComparison.Ordinal);
    }

    private static string AssertOneReason(IReadOnlyCollection<string> errors)
    {
        Assert.DoesNotContain(errors, static line => line.TrimStart().StartsWith("at ", StringComparison.Ordinal));
        Assert.DoesNotContain(errors, static line => line.Contains("level=error", StringComparison.Ordinal));
        Assert.DoesNotContain(errors, static line => line.Contains("level=critical", StringComparison.Ordinal));
        return Assert.Single(errors, static line => line.StartsWith("cannot start:", StringComparison.Ordinal));
    }

    private static byte[] Batch()
    {
        var builder = new RecordBatchBuilder();
        builder.Append(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), null, Encoding.UTF8.GetBytes("hello"));
        return builder.Build();
    }
}
