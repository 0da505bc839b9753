using System.Diagnostics;
using System.Globalization;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.Standalone;
using Spillway.Standalone.CommandLine;

namespace Spillway.Benchmarks.Admin;

/// <summary>
/// Many topics, asked for over a socket of a whole Spillway in this process: create, list, describe, delete, in requests of a hundred topics.
/// Run with <c>admin [topics] [partitions]</c>; 10,000 topics of 10 partitions by default.
/// </summary>
internal static class AdminMeasurement
{
    private const int TopicsAtOnce = 100;

    public static async Task RunAsync(string[] args)
    {
        var topicCount = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 10_000;
        var partitionCount = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 10;
        StateMemory.Measure(topicCount, partitionCount);

        var folder = Directory.CreateTempSubdirectory("spillway-admin");
        try
        {
            await MeasureAsync(folder.FullName, topicCount, partitionCount);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task MeasureAsync(string folder, int topicCount, int partitionCount)
    {
        const int Port = 29_392;
        var (options, error) = StandaloneArguments.Parse(
            ["--data", folder, "--port", Text(Port), "--http-port", Text(Port + 1)]);
        await using var app = StandaloneHost.Build(options ?? throw new InvalidOperationException(error), TextWriter.Null);
        await app.StartAsync();
        using var client = await AdminConnection.OpenAsync(Port);
        var names = Enumerable.Range(0, topicCount).Select(static i => $"topic-{i:D6}").ToList();
        await CreateAsync(client, ["warm-up"], 1);
        var before = GC.GetTotalMemory(forceFullCollection: true);

        await InChunksAsync("create", names, chunk => CreateAsync(client, chunk, partitionCount));
        var after = GC.GetTotalMemory(forceFullCollection: true);
        Console.WriteLine($"whole process: {(after - before) / ((long)topicCount * partitionCount)} B a partition (metadata, frontend, log)");

        await OnceAsync("metadata of all", async () =>
        {
            var (answer, bytes) = await client.AskAsync<MetadataResponse>(new MetadataRequest { Topics = null }, 12);
            Check(answer.Topics.Sum(static t => t.Partitions.Count), (topicCount * partitionCount) + 1);
            return $"{bytes / 1024} KiB";
        });
        await OnceAsync("describe topic partitions", () => DescribeAllAsync(client, (topicCount * partitionCount) + 1));
        await OnceAsync("describe log dirs", async () =>
        {
            var (answer, bytes) = await client.AskAsync<DescribeLogDirsResponse>(new DescribeLogDirsRequest { Topics = null }, 4);
            Check(answer.Results[0].Topics.Sum(static t => t.Partitions.Count), (topicCount * partitionCount) + 1);
            return $"{bytes / 1024} KiB";
        });
        await InChunksAsync("describe configs", names, chunk => DescribeConfigsAsync(client, chunk));
        await InChunksAsync("alter configs", names, chunk => AlterConfigsAsync(client, chunk));
        await InChunksAsync("delete", names, chunk => DeleteAsync(client, chunk));
        await app.StopAsync();
    }

    private static async Task CreateAsync(AdminConnection client, IEnumerable<string> names, int partitionCount)
    {
        var request = new CreateTopicsRequest { TimeoutMs = 60_000 };
        request.Topics.AddRange(names.Select(name => new CreateTopicsRequest.CreatableTopic
        {
            Name = name, NumPartitions = partitionCount, ReplicationFactor = 1,
        }));
        var (answer, _) = await client.AskAsync<CreateTopicsResponse>(request, 7);
        Check(answer.Topics.Count(static t => t.ErrorCode != 0), 0);
    }

    private static async Task<string> DescribeAllAsync(AdminConnection client, int expected)
    {
        var request = new DescribeTopicPartitionsRequest();
        var (partitions, requests) = (0, 0);
        while (true)
        {
            var (answer, _) = await client.AskAsync<DescribeTopicPartitionsResponse>(request, 0);
            partitions += answer.Topics.Sum(static t => t.Partitions.Count);
            requests++;
            if (answer.NextCursor is not { } next)
            {
                break;
            }

            request.CursorValue = new() { TopicName = next.TopicName, PartitionIndex = next.PartitionIndex };
        }

        Check(partitions, expected);
        return $"{requests} requests";
    }

    private static async Task DescribeConfigsAsync(AdminConnection client, IEnumerable<string> names)
    {
        var request = new DescribeConfigsRequest { IncludeSynonyms = true };
        request.Resources.AddRange(names.Select(static name => new DescribeConfigsRequest.DescribeConfigsResource { ResourceType = 2, ResourceName = name }));
        var (answer, _) = await client.AskAsync<DescribeConfigsResponse>(request, 4);
        Check(answer.Results.Count(static r => r.ErrorCode != 0 || r.Configs.Count == 0), 0);
    }

    private static async Task AlterConfigsAsync(AdminConnection client, IEnumerable<string> names)
    {
        var request = new IncrementalAlterConfigsRequest();
        request.Resources.AddRange(names.Select(static name => new IncrementalAlterConfigsRequest.AlterConfigsResource
        {
            ResourceType = 2, ResourceName = name, Configs = { new() { Name = "retention.ms", Value = "86400000" } },
        }));
        var (answer, _) = await client.AskAsync<IncrementalAlterConfigsResponse>(request, 1);
        Check(answer.Responses.Count(static r => r.ErrorCode != 0), 0);
    }

    private static async Task DeleteAsync(AdminConnection client, IEnumerable<string> names)
    {
        var (answer, _) = await client.AskAsync<DeleteTopicsResponse>(new DeleteTopicsRequest { TimeoutMs = 60_000, TopicNames = [.. names] }, 5);
        Check(answer.Responses.Count(static r => r.ErrorCode != 0), 0);
    }

    private static async Task InChunksAsync(string what, List<string> names, Func<IEnumerable<string>, Task> ask)
    {
        var times = new List<double>();
        foreach (var chunk in names.Chunk(TopicsAtOnce))
        {
            var start = Stopwatch.GetTimestamp();
            await ask(chunk);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        // What is quadratic shows in the last requests taking longer than the first.
        var tenth = Math.Max(1, times.Count / 10);
        Console.WriteLine(
            $"{what}: {times.Sum() / 1000:F2} s in {times.Count} requests; first tenth {times.Take(tenth).Average():F1} ms each, "
            + $"last tenth {times.TakeLast(tenth).Average():F1} ms, longest {times.Max():F1} ms");
    }

    private static async Task OnceAsync(string what, Func<Task<string>> ask)
    {
        var start = Stopwatch.GetTimestamp();
        var how = await ask();
        Console.WriteLine($"{what}: {Stopwatch.GetElapsedTime(start).TotalMilliseconds:F0} ms, {how}");
    }

    private static void Check(int actual, int expected)
    {
        if (actual != expected)
        {
            throw new InvalidOperationException($"{actual} instead of {expected} ({(ErrorCode)actual})");
        }
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
