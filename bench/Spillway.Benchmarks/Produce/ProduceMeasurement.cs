using System.Globalization;
using System.Text.Json;
using Spillway.Benchmarks.WritePath;
using Spillway.Kafka.Records;

namespace Spillway.Benchmarks.Produce;

/// <summary>
/// Produces to a running broker, five requests in flight on each connection as clients have them, acks=all; prints MB/s and latency.
/// <c>produce HOST:PORT TOPIC RECORD_BYTES BATCH_BYTES SECONDS [MB_PER_S] [CONNECTIONS] [--json]</c>; with a rate (0 is none), latency counts
/// from the intended send time. The topic is created where it is missing, with a partition a connection.
/// </summary>
internal static class ProduceMeasurement
{
    public static async Task RunAsync(string[] args)
    {
        var json = args.Contains("--json");
        var numbers = args[2..].Where(static text => text != "--json")
            .Select(static text => double.Parse(text, CultureInfo.InvariantCulture)).ToArray();
        var connections = numbers.Length > 4 ? (int)numbers[4] : 1;
        double? rate = numbers.Length > 3 && numbers[3] > 0 ? numbers[3] / connections : null;
        var batch = MakeBatch((int)numbers[0], (int)numbers[1]);

        var producers = new List<ProduceConnection>();
        for (var i = 0; i < connections; i++)
        {
            producers.Add(await ProduceConnection.OpenAsync(args[0], args[1], i, connections, batch).ConfigureAwait(false));
        }

        var runs = producers.ConvertAll(producer => producer.RunAsync(TimeSpan.FromSeconds(numbers[2]), rate));
        var seconds = (await Task.WhenAll(runs).ConfigureAwait(false)).Max();
        var latencies = producers.SelectMany(static producer => producer.LatenciesMs).Order().ToArray();
        producers.ForEach(static producer => producer.Dispose());

        var result = new LoadResult(
            latencies.Length, latencies.Length * (long)batch.Length, seconds, At(0.5), At(0.99), At(0.999), At(1));
        Console.WriteLine(json ? JsonSerializer.Serialize(result) : FormattableString.Invariant(
            $"{result.Requests} requests of {batch.Length} bytes in {seconds:F1} s: {result.MegabytesPerSecond:F1} MB/s; latency ms p50 {result.P50Ms:F2} p99 {result.P99Ms:F2} p99.9 {result.P999Ms:F2} max {result.MaxMs:F2}"));

        double At(double quantile) => latencies[(int)Math.Min(latencies.Length - 1, quantile * latencies.Length)];
    }

    private static byte[] MakeBatch(int recordBytes, int batchBytes)
    {
        var value = new byte[recordBytes];
        new Random(1).NextBytes(value);
        var builder = new RecordBatchBuilder();
        do
        {
            builder.Append(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), null, value);
        }
        while (builder.UncompressedBytes + recordBytes + 16 <= batchBytes);
        return builder.Build();
    }
}
