using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Records;
using Spillway.Kafka.Wire;

namespace Spillway.Benchmarks.Produce;

/// <summary>
/// Produces to a running broker over one connection, five requests in flight as clients have them, acks=all; prints MB/s and latency.
/// <c>produce HOST:PORT TOPIC RECORD_BYTES BATCH_BYTES SECONDS [MB_PER_S]</c>; with a rate, latency counts from the intended send time.
/// </summary>
internal sealed class ProduceMeasurement : IDisposable
{
    private const int InFlightMax = 5;
    private const short Version = 9;

    private readonly NetworkStream _stream;
    private readonly byte[] _frame;
    private readonly List<double> _latenciesMs = new(1 << 16);
    private readonly Queue<long> _intended = new();
    private readonly SemaphoreSlim _inFlight = new(InFlightMax, InFlightMax);

    private ProduceMeasurement(NetworkStream stream, byte[] frame)
    {
        _stream = stream;
        _frame = frame;
    }

    public void Dispose() => _inFlight.Dispose();

    public static async Task RunAsync(string[] args)
    {
        var (address, topic) = (args[0].Split(':'), args[1]);
        var numbers = args[2..].Select(static text => double.Parse(text, CultureInfo.InvariantCulture)).ToArray();
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(address[0], int.Parse(address[1], CultureInfo.InvariantCulture)).ConfigureAwait(false);
        var batch = MakeBatch((int)numbers[0], (int)numbers[1]);
        using var measurement = new ProduceMeasurement(client.GetStream(), MakeFrame(topic, batch));
        await measurement.MeasureAsync(batch.Length, TimeSpan.FromSeconds(numbers[2]), numbers.Length > 3 ? numbers[3] : null)
            .ConfigureAwait(false);
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

    private static byte[] MakeFrame(string topic, byte[] batch)
    {
        var request = new ProduceRequest { Acks = -1, TimeoutMs = 30_000 };
        var data = new ProduceRequest.TopicProduceData { Name = topic };
        data.PartitionData.Add(new() { Index = 0, Records = new ReadOnlySequence<byte>(batch) });
        request.TopicData.Add(data);
        var frame = new ArrayBufferWriter<byte>();
        RequestFrame.Write(frame, ApiKey.Produce, Version, 1, "bench", request);
        return frame.WrittenSpan.ToArray();
    }

    private async Task MeasureAsync(int batchBytes, TimeSpan duration, double? megabytesPerSecond)
    {
        var responses = ReadResponsesAsync();
        var interval = megabytesPerSecond is { } rate ? batchBytes / (rate * 1e6) : 0;
        var began = Stopwatch.GetTimestamp();
        var sent = 0;
        while (Stopwatch.GetElapsedTime(began) < duration)
        {
            var due = began + (long)(sent * interval * Stopwatch.Frequency);
            var early = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
            if (interval > 0 && early > TimeSpan.FromMilliseconds(1))
            {
                await Task.Delay(early).ConfigureAwait(false);
            }

            await _inFlight.WaitAsync().ConfigureAwait(false);
            lock (_intended)
            {
                _intended.Enqueue(interval > 0 ? due : Stopwatch.GetTimestamp());
            }

            await _stream.WriteAsync(_frame).ConfigureAwait(false);
            sent++;
        }

        for (var i = 0; i < InFlightMax; i++)
        {
            await _inFlight.WaitAsync().ConfigureAwait(false);
        }

        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        _stream.Socket.Shutdown(SocketShutdown.Send);
        await responses.ConfigureAwait(false);
        Print(sent, batchBytes, seconds);
    }

    private async Task ReadResponsesAsync()
    {
        var length = new byte[4];
        while (await _stream.ReadAtLeastAsync(length, 4, throwOnEndOfStream: false).ConfigureAwait(false) == 4)
        {
            var frame = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
            await _stream.ReadExactlyAsync(frame).ConfigureAwait(false);
            Check(frame);
            lock (_intended)
            {
                _latenciesMs.Add(Stopwatch.GetElapsedTime(_intended.Dequeue()).TotalMilliseconds);
            }

            _inFlight.Release();
        }
    }

    private static void Check(byte[] frame)
    {
        var reader = new WireReader(frame);
        ResponseFrame.ReadHeader(ref reader, ApiKey.Produce, Version);
        var response = ProduceResponse.Read(ref reader, Version);
        var error = (ErrorCode)response.Responses[0].PartitionResponses[0].ErrorCode;
        if (error != ErrorCode.None)
        {
            throw new InvalidOperationException($"The broker answered {error}.");
        }
    }

    private void Print(int sent, int batchBytes, double seconds)
    {
        _latenciesMs.Sort();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{sent} requests of {batchBytes} bytes in {seconds:F1} s: {sent * (double)batchBytes / 1e6 / seconds:F1} MB/s; latency ms p50 {At(0.5):F2} p99 {At(0.99):F2} p99.9 {At(0.999):F2} max {At(1):F2}"));
    }

    private double At(double quantile) => _latenciesMs[(int)Math.Min(_latenciesMs.Count - 1, quantile * _latenciesMs.Count)];
}
