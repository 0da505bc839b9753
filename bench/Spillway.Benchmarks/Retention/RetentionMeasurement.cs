using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Spillway.Benchmarks.Admin;
using Spillway.Benchmarks.WritePath;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Records;
using Spillway.Standalone;
using Spillway.Standalone.CommandLine;
using static System.FormattableString;

namespace Spillway.Benchmarks.Retention;

/// <summary>
/// What retention and deletion cost those who produce: the p99 of a steady load, beside 10,000 partitions that are written to all the time, while
/// these keep everything, while they expire each second, and while as many others, which hold a batch each, are deleted one topic after the other.
/// Run with <c>retention [topics] [partitions] [seconds] [rounds]</c>; 100 topics of 100 partitions, 20 s and 3 rounds by default.
/// </summary>
internal sealed class RetentionMeasurement : IDisposable
{
    private const byte TopicConfigs = 2;
    private static readonly Load Steady = new("1 KB records in 100 KB batches at 10 MB/s", 1_000, 100_000, 1, 10);

    private readonly int _port;
    private readonly string[] _topics;
    private readonly int _partitionCount;
    private readonly double _seconds;
    private readonly AdminConnection _admin;
    private readonly AdminConnection _writer;

    private RetentionMeasurement(int port, string[] topics, int partitionCount, double seconds, AdminConnection admin, AdminConnection writer) =>
        (_port, _topics, _partitionCount, _seconds, _admin, _writer) = (port, topics, partitionCount, seconds, admin, writer);

    public static async Task RunAsync(string[] args)
    {
        int[] numbers = [.. args.Select(static text => int.Parse(text, CultureInfo.InvariantCulture)), .. new[] { 100, 100, 20, 3 }.Skip(args.Length)];
        var folder = Directory.CreateTempSubdirectory("spillway-retention");
        var (port, httpPort) = (FreePort(), FreePort());
        Environment.SetEnvironmentVariable("Logging__LogLevel__Default", "Warning"); // or its lines are among the results
        var (options, error) = StandaloneArguments.Parse(
        [
            "--data", folder.FullName, "--port", Text(port), "--http-port", Text(httpPort),
            "--Spillway:Broker:log.retention.check.interval.ms=1000", "--Spillway:Metadata:ReadGrace=00:00:02",
            "--Spillway:WalWriter:RollInterval=00:00:05", "--Spillway:Metadata:SnapshotCopyInterval=00:00:00",
        ]);
        await using (var app = StandaloneHost.Build(options ?? throw new InvalidOperationException(error), TextWriter.Null))
        {
            await app.StartAsync();
            using var measurement = new RetentionMeasurement(
                port, [.. Enumerable.Range(0, numbers[0]).Select(static i => $"aging-{i:D4}")], numbers[1], numbers[2],
                await AdminConnection.OpenAsync(port), await AdminConnection.OpenAsync(port));
            await measurement.MeasureAsync(numbers[3]);
            await app.StopAsync();
        }

        folder.Delete(recursive: true);
    }

    public void Dispose()
    {
        _admin.Dispose();
        _writer.Dispose();
    }

    private async Task MeasureAsync(int rounds)
    {
        await CreateAsync(_topics);
        await LoadProcess.RunAsync($"127.0.0.1:{_port}", "steady", Steady, 35); // past the first wait of retention, and warm
        var (withRetention, withDeletion) = (new List<double>(), new List<double>());
        for (var round = 0; round < rounds; round++)
        {
            await SetRetentionAsync("-1");
            var kept = await RunAsync("kept", static () => Task.CompletedTask);
            await SetRetentionAsync("1000");
            var expired = await RunAsync("expired", static () => Task.CompletedTask);
            string[] doomed = [.. _topics.Select(name => Invariant($"{name}-doomed-{round}"))];
            await CreateAsync(doomed);
            foreach (var topic in doomed)
            {
                await ProduceAsync(topic);
            }

            await SetRetentionAsync("-1");
            var (atOnce, next) = ((int)Math.Ceiling(doomed.Length / (_seconds - 1)), 0);
            var deleted = await RunAsync("deleted", async () =>
            {
                if (doomed.Skip(next).Take(atOnce).ToArray() is { Length: > 0 } chunk)
                {
                    next += chunk.Length;
                    await DeleteAsync(chunk);
                }
            });
            await DeleteAsync(doomed[next..]);
            withRetention.Add(expired.P99Ms / kept.P99Ms);
            withDeletion.Add(deleted.P99Ms / kept.P99Ms);
            Print($"p99 with retention {withRetention[^1]:F2}x, with deletion {withDeletion[^1]:F2}x of that without");
        }

        Print($"median of {rounds} rounds: with retention {Median(withRetention):F2}x, with deletion {Median(withDeletion):F2}x");
    }

    // The steady load, and beside it a batch to each partition in turn; and what is to be done between two topics' batches.
    private async Task<LoadResult> RunAsync(string name, Func<Task> between)
    {
        using var end = new CancellationTokenSource();
        var writing = WriteAsync(between, end.Token);
        var result = await LoadProcess.RunAsync($"127.0.0.1:{_port}", "steady", Steady, _seconds);
        await end.CancelAsync();
        var (batches, changes) = await writing;
        Print($"{name,-8} p50 {result.P50Ms,6:F2}  p99 {result.P99Ms,6:F2}  p99.9 {result.P999Ms,6:F2}  max {result.MaxMs,6:F1} ms; {batches} batches to aging partitions, {changes} changes");
        return result;
    }

    private async Task<(long Batches, int Changes)> WriteAsync(Func<Task> between, CancellationToken end)
    {
        var (batches, changes, started) = (0L, 0, Stopwatch.GetTimestamp());
        for (var i = 0; !end.IsCancellationRequested; i++)
        {
            await ProduceAsync(_topics[i % _topics.Length]);
            batches += _partitionCount;
            // Ten topics a second, whatever the machine: the same in each case.
            var ahead = TimeSpan.FromSeconds((i + 1) / 10.0) - Stopwatch.GetElapsedTime(started);
            if (i % 10 == 9)
            {
                await between();
                changes++;
            }

            if (ahead > TimeSpan.Zero)
            {
                await Task.Delay(ahead, CancellationToken.None);
            }
        }

        return (batches, changes);
    }

    private async Task ProduceAsync(string topic)
    {
        var builder = new RecordBatchBuilder();
        builder.Append(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), null, new byte[100]);
        var records = new ReadOnlySequence<byte>(builder.Build());
        var data = new ProduceRequest.TopicProduceData { Name = topic };
        data.PartitionData.AddRange(Enumerable.Range(0, _partitionCount)
            .Select(index => new ProduceRequest.PartitionProduceData { Index = index, Records = records }));
        await _writer.AskAsync<ProduceResponse>(new ProduceRequest { Acks = -1, TimeoutMs = 30_000, TopicData = { data } }, 9);
    }

    private async Task CreateAsync(string[] names)
    {
        var request = new CreateTopicsRequest { TimeoutMs = 60_000 };
        request.Topics.AddRange(names.Select(name => new CreateTopicsRequest.CreatableTopic
        {
            Name = name, NumPartitions = _partitionCount, ReplicationFactor = 1,
        }));
        Check((await _admin.AskAsync<CreateTopicsResponse>(request, 7)).Response.Topics.Select(static topic => topic.ErrorCode));
    }

    private async Task DeleteAsync(string[] names)
    {
        var request = new DeleteTopicsRequest { TimeoutMs = 60_000 };
        request.Topics.AddRange(names.Select(static name => new DeleteTopicsRequest.DeleteTopicState { Name = name }));
        Check((await _admin.AskAsync<DeleteTopicsResponse>(request, 6)).Response.Responses.Select(static topic => topic.ErrorCode));
    }

    private async Task SetRetentionAsync(string milliseconds)
    {
        var request = new IncrementalAlterConfigsRequest();
        request.Resources.AddRange(_topics.Select(name => new IncrementalAlterConfigsRequest.AlterConfigsResource
        {
            ResourceType = (sbyte)TopicConfigs,
            ResourceName = name,
            Configs = { new() { Name = "retention.ms", Value = milliseconds } },
        }));
        Check((await _admin.AskAsync<IncrementalAlterConfigsResponse>(request, 1)).Response.Responses.Select(static topic => topic.ErrorCode));
    }

    private static void Check(IEnumerable<short> errors)
    {
        if (errors.FirstOrDefault(static error => error != 0) is var error and not 0)
        {
            throw new InvalidOperationException($"The broker answered with error {error}.");
        }
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static void Print(FormattableString line) => Console.WriteLine(Invariant(line));

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
