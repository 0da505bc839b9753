using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using Spillway.Benchmarks.Admin;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Records;

namespace Spillway.Benchmarks.ReadPath;

/// <summary>
/// A live tail: a producer at a steady rate and a consumer that waits for each batch. Latency is from the moment a batch was to be sent to
/// the moment a consumer has it.
/// </summary>
internal sealed class TailLoad(int port, string topic)
{
    private const short ProduceVersion = 9;
    private const int ValueBytes = 20_000;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);
    private readonly ConcurrentQueue<long> _due = new();

    /// <summary>Latencies in ms, sorted, of what was sent until <paramref name="until"/> ended.</summary>
    public async Task<double[]> RunAsync(Task until)
    {
        using var consumer = await AdminConnection.OpenAsync(port);
        var from = await CatchUpLoad.FindOffsetAsync(consumer, topic, 0);
        var sending = Task.Run(() => SendAsync(until));
        var latencies = new List<double>();
        for (var offset = from; !sending.IsCompleted || offset < await sending;)
        {
            var (batches, next) = await CatchUpLoad.FetchAsync(consumer, topic, 0, offset, maxWaitMs: 100);
            var now = Stopwatch.GetTimestamp();
            for (var rest = batches.AsMemory(); RecordBatchHeader.TryRead(rest.Span, out var header);)
            {
                latencies.Add(_due.TryDequeue(out var due)
                    ? (now - due) * 1000.0 / Stopwatch.Frequency
                    : throw new InvalidOperationException("A batch came that was not sent."));
                rest = rest[(int)header.TotalLength..];
            }

            offset = next;
        }

        latencies.Sort();
        return [.. latencies];
    }

    /// <summary>Sends, and tells the offset behind what was sent last.</summary>
    private async Task<long> SendAsync(Task until)
    {
        using var producer = await AdminConnection.OpenAsync(port);
        var value = new byte[ValueBytes];
        new Random(2).NextBytes(value);
        var (began, end) = (Stopwatch.GetTimestamp(), 0L);
        for (var sent = 0; !until.IsCompleted; sent++)
        {
            var due = began + (long)(sent * Interval.TotalSeconds * Stopwatch.Frequency);
            var early = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
            if (early > TimeSpan.FromMilliseconds(1))
            {
                await Task.Delay(early);
            }

            var builder = new RecordBatchBuilder();
            for (var i = 0; i < 5; i++)
            {
                builder.Append(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), null, value);
            }

            _due.Enqueue(due); // in the order of offsets: one producer, one request at a time

            var request = new ProduceRequest { Acks = -1, TimeoutMs = 30_000 };
            request.TopicData.Add(new()
            {
                Name = topic, PartitionData = { new() { Index = 0, Records = new ReadOnlySequence<byte>(builder.Build()) } },
            });
            var (response, _) = await producer.AskAsync<ProduceResponse>(request, ProduceVersion);
            var answer = response.Responses[0].PartitionResponses[0];
            end = answer.ErrorCode == (short)ErrorCode.None
                ? answer.BaseOffset + 5
                : throw new InvalidOperationException($"The broker answered {(ErrorCode)answer.ErrorCode}.");
        }

        return end;
    }
}
