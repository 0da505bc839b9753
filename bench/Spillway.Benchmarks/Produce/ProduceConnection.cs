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
            connection.CreateTopic(topic, partitions);
        }

        return connection;
    }

    public void Dispose()
    {
        _client.Dispose();
        _inFlight.Dispose();
    }

    /// <summary>Produces for that long; gives the seconds until the last answer.</summary>
    public Task<double> RunAsync(TimeSpan duration, double? megabytesPerSecond) => Task.Factory.StartNew(
        () => Run(duration, megabytesPerSecond), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    // On a thread of its own that blocks: what is measured is the broker, not this process's thread pool.
    private double Run(TimeSpan duration, double? megabytesPerSecond)
    {
        var responses = Task.Factory.StartNew(
            ReadResponses, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var interval = megabytesPerSecond is { } rate ? _batchBytes / (rate * 1e6) : 0;
        var began = Stopwatch.GetTimestamp();
        for (var sent = 0; Stopwatch.GetElapsedTime(began) < duration && !responses.IsCompleted; sent++)
        {
            var due = began + (long)(sent * interval * Stopwatch.Frequency);
            if (interval > 0)
            {
                ExactWait.Until(due);
            }

            while (!_inFlight.Wait(1000) && !responses.IsCompleted)
            {
            }

            lock (_intended)
            {
                _intended.Enqueue(interval > 0 ? due : Stopwatch.GetTimestamp());
            }

            _stream.Write(_frame);
        }

        _stream.Socket.Shutdown(SocketShutdown.Send);
        responses.GetAwaiter().GetResult();
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

    private void CreateTopic(string topic, int partitions)
    {
        var request = new CreateTopicsRequest { TimeoutMs = 30_000 };
        request.Topics.Add(new() { Name = topic, NumPartitions = partitions, ReplicationFactor = -1 });
        _stream.Write(FrameOf(ApiKey.CreateTopics, CreateTopicsVersion, request));
        Check(ReadFrame() ?? throw new IOException("The broker hung up."));

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

    private void ReadResponses()
    {
        while (ReadFrame() is { } frame)
        {
            CheckProduced(frame);
            lock (_intended)
            {
                LatenciesMs.Add(Stopwatch.GetElapsedTime(_intended.Dequeue()).TotalMilliseconds);
            }

            _inFlight.Release();
        }
    }

    private byte[]? ReadFrame()
    {
        var length = new byte[4];
        if (_stream.ReadAtLeast(length, 4, throwOnEndOfStream: false) < 4)
        {
            return null;
        }

        var frame = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
        _stream.ReadExactly(frame);
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
