using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Wire;

namespace Spillway.Benchmarks.Produce;

/// <summary>One connection that produces the same batch to one partition again and again. Used once.</summary>
internal sealed class ProduceConnection : IDisposable
{
    private const int InFlightMax = 5;
    private const short ProduceVersion = 9;
    private const short CreateTopicsVersion = 5;

    private readonly TcpClient _client;
    private readonly NetworkStream _stream;
    private readonly byte[] _frame;
    private readonly int _batchBytes;
    private readonly Queue<long> _intended = new();
    private readonly SemaphoreSlim _inFlight = new(InFlightMax, InFlightMax);

    private ProduceConnection(TcpClient client, byte[] frame, int batchBytes)
    {
        _client = client;
        _stream = client.GetStream();
        _frame = frame;
        _batchBytes = batchBytes;
    }

    public List<double> LatenciesMs { get; } = new(1 << 16);

    public static async Task<ProduceConnection> OpenAsync(
        string server, string topic, int partition, int partitions, byte[] batch)
    {
        var address = server.Split(':');
        var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(address[0], int.Parse(address[1], CultureInfo.InvariantCulture)).ConfigureAwait(false);
        var connection = new ProduceConnection(client, MakeProduce(topic, partition, batch), batch.Length);
        if (partition == 0)
        {
            await connection.CreateTopicAsync(topic, partitions).ConfigureAwait(false);
        }

        return connection;
    }

    public void Dispose()
    {
        _client.Dispose();
        _inFlight.Dispose();
    }

    /// <summary>Produces for that long; gives the seconds until the last answer.</summary>
    public async Task<double> RunAsync(TimeSpan duration, double? megabytesPerSecond)
    {
        var responses = ReadResponsesAsync();
        var interval = megabytesPerSecond is { } rate ? _batchBytes / (rate * 1e6) : 0;
        var began = Stopwatch.GetTimestamp();
        for (var sent = 0; Stopwatch.GetElapsedTime(began) < duration && !responses.IsCompleted; sent++)
        {
            var due = began + (long)(sent * interval * Stopwatch.Frequency);
            var early = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
            if (interval > 0 && early > TimeSpan.FromMilliseconds(1))
            {
                await Task.Delay(early).ConfigureAwait(false);
            }

            await Task.WhenAny(_inFlight.WaitAsync(), responses).ConfigureAwait(false);
            lock (_intended)
            {
                _intended.Enqueue(interval > 0 ? due : Stopwatch.GetTimestamp());
            }

            await _stream.WriteAsync(_frame).ConfigureAwait(false);
        }

        _stream.Socket.Shutdown(SocketShutdown.Send);
        await responses.ConfigureAwait(false);
        return Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    private static byte[] MakeProduce(string topic, int partition, byte[] batch)
    {
        var request = new ProduceRequest { Acks = -1, TimeoutMs = 30_000 };
        var data = new ProduceRequest.TopicProduceData { Name = topic };
        data.PartitionData.Add(new() { Index = partition, Records = new ReadOnlySequence<byte>(batch) });
        request.TopicData.Add(data);
        return FrameOf(ApiKey.Produce, ProduceVersion, request);
    }

    private static byte[] FrameOf<T>(ApiKey key, short version, T request)
        where T : IKafkaRequest
    {
        var frame = new ArrayBufferWriter<byte>();
        RequestFrame.Write(frame, key, version, 1, "bench", request);
        return frame.WrittenSpan.ToArray();
    }

    private async Task CreateTopicAsync(string topic, int partitions)
    {
        var request = new CreateTopicsRequest { TimeoutMs = 30_000 };
        request.Topics.Add(new() { Name = topic, NumPartitions = partitions, ReplicationFactor = -1 });
        await _stream.WriteAsync(FrameOf(ApiKey.CreateTopics, CreateTopicsVersion, request)).ConfigureAwait(false);
        Check(await ReadFrameAsync().ConfigureAwait(false) ?? throw new IOException("The broker hung up."));

        static void Check(byte[] frame)
        {
            var reader = new WireReader(frame);
            ResponseFrame.ReadHeader(ref reader, ApiKey.CreateTopics, CreateTopicsVersion);
            var error = (ErrorCode)CreateTopicsResponse.Read(ref reader, CreateTopicsVersion).Topics[0].ErrorCode;
            if (error is not (ErrorCode.None or ErrorCode.TopicAlreadyExists))
            {
                throw new InvalidOperationException($"The broker answered {error}.");
            }
        }
    }

    private async Task ReadResponsesAsync()
    {
        while (await ReadFrameAsync().ConfigureAwait(false) is { } frame)
        {
            CheckProduced(frame);
            lock (_intended)
            {
                LatenciesMs.Add(Stopwatch.GetElapsedTime(_intended.Dequeue()).TotalMilliseconds);
            }

            _inFlight.Release();
        }
    }

    private async Task<byte[]?> ReadFrameAsync()
    {
        var length = new byte[4];
        if (await _stream.ReadAtLeastAsync(length, 4, throwOnEndOfStream: false).ConfigureAwait(false) < 4)
        {
            return null;
        }

        var frame = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
        await _stream.ReadExactlyAsync(frame).ConfigureAwait(false);
        return frame;
    }

    private static void CheckProduced(byte[] frame)
    {
        var reader = new WireReader(frame);
        ResponseFrame.ReadHeader(ref reader, ApiKey.Produce, ProduceVersion);
        var response = ProduceResponse.Read(ref reader, ProduceVersion);
        var error = (ErrorCode)response.Responses[0].PartitionResponses[0].ErrorCode;
        if (error != ErrorCode.None)
        {
            throw new InvalidOperationException($"The broker answered {error}.");
        }
    }
}
