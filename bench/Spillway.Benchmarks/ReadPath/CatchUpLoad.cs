using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Spillway.Benchmarks.Admin;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Records;

namespace Spillway.Benchmarks.ReadPath;

/// <summary>
/// Reads the partitions of a topic from their beginning to their end, each on a connection of its own, as consumers that have fallen behind do:
/// <c>catch-up PORT TOPIC PARTITIONS</c>. A process of its own, whose computing is not the server's.
/// </summary>
internal static class CatchUpLoad
{
    public const short FetchVersion = 12;
    private const short ListOffsetsVersion = 9;
    private const long LatestTimestamp = -1;

    public static async Task RunAsync(string[] args)
    {
        var (port, topic) = (int.Parse(args[0], CultureInfo.InvariantCulture), args[1]);
        var began = Stopwatch.GetTimestamp();
        var partitions = Enumerable.Range(0, int.Parse(args[2], CultureInfo.InvariantCulture));
        var bytes = await Task.WhenAll(partitions.Select(partition => Task.Run(() => ReadAsync(port, topic, partition))));
        Console.WriteLine(JsonSerializer.Serialize(new CatchUpResult(bytes.Sum(), Stopwatch.GetElapsedTime(began).TotalSeconds)));
    }

    /// <summary>Runs it as a process.</summary>
    public static async Task<CatchUpResult> StartAsync(int port, string topic, int partitions)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            ArgumentList =
            {
                typeof(CatchUpLoad).Assembly.Location, "catch-up", port.ToString(CultureInfo.InvariantCulture), topic,
                partitions.ToString(CultureInfo.InvariantCulture),
            },
        };
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 && JsonSerializer.Deserialize<CatchUpResult>(output) is { } result
            ? result
            : throw new InvalidOperationException($"Catching up ended with {process.ExitCode}: {output}");
    }

    /// <summary>The offset behind the last record, or another that a special time stands for.</summary>
    public static async Task<long> FindOffsetAsync(AdminConnection connection, string topic, int partition, long timestamp = LatestTimestamp)
    {
        var request = new ListOffsetsRequest { ReplicaId = -1 };
        request.Topics.Add(new() { Name = topic, Partitions = { new() { PartitionIndex = partition, Timestamp = timestamp } } });
        var (response, _) = await connection.AskAsync<ListOffsetsResponse>(request, ListOffsetsVersion);
        return response.Topics[0].Partitions[0].Offset;
    }

    /// <summary>One fetch of one partition: the batches, and the offset behind them.</summary>
    public static async Task<(byte[] Batches, long NextOffset)> FetchAsync(
        AdminConnection connection, string topic, int partition, long offset, int maxWaitMs = 500)
    {
        var request = new FetchRequest
        {
            MaxWaitMs = maxWaitMs, MinBytes = 1, MaxBytes = 50 << 20, SessionId = 0, SessionEpoch = -1, RackId = "",
        };
        request.Topics.Add(new()
        {
            Topic = topic, Partitions = { new() { Partition = partition, FetchOffset = offset, PartitionMaxBytes = 1 << 20 } },
        });
        var (response, _) = await connection.AskAsync<FetchResponse>(request, FetchVersion);
        var data = response.Responses[0].Partitions[0];
        if (data.ErrorCode == (short)ErrorCode.NotLeaderOrFollower)
        {
            return ([], offset); // for a moment, on a busy machine: clients ask again
        }

        if (data.ErrorCode != (short)ErrorCode.None)
        {
            throw new InvalidOperationException($"The broker answered {(ErrorCode)data.ErrorCode} at offset {offset}.");
        }

        var batches = data.Records is { } records ? System.Buffers.BuffersExtensions.ToArray(records) : [];
        for (var rest = batches.AsSpan(); RecordBatchHeader.TryRead(rest, out var header) && header.TotalLength <= rest.Length;)
        {
            offset = header.NextOffset;
            rest = rest[(int)header.TotalLength..];
        }

        return (batches, offset);
    }

    private static async Task<long> ReadAsync(int port, string topic, int partition)
    {
        using var connection = await AdminConnection.OpenAsync(port);
        var end = await FindOffsetAsync(connection, topic, partition);
        var (offset, bytes) = (0L, 0L);
        while (offset < end)
        {
            (var batches, offset) = await FetchAsync(connection, topic, partition, offset);
            bytes += batches.Length;
        }

        return bytes;
    }
}
