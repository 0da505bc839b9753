using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using Spillway.EndToEnd.Tests.Processes;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Wire;
using Xunit;

namespace Spillway.EndToEnd.Tests.Wire;

/// <summary>A socket that says to a broker what no stock client would, one request at a time.</summary>
internal sealed class RawConnection : IAsyncDisposable
{
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(30);

    private readonly TcpClient _client = new() { NoDelay = true };
    private NetworkStream? _stream;
    private int _correlationId;

    public static async Task<RawConnection> OpenAsync(IKafkaCluster cluster)
    {
        var address = cluster.BootstrapServers.Split(',')[0].Split(':');
        var connection = new RawConnection();
        await connection._client.ConnectAsync(
            address[0],
            int.Parse(address[1], System.Globalization.CultureInfo.InvariantCulture),
            TestContext.Current.CancellationToken);
        connection._stream = connection._client.GetStream();
        return connection;
    }

    public static byte[] Frame(ApiKey apiKey, short version, int correlationId, IKafkaRequest request)
    {
        var frame = new ArrayBufferWriter<byte>();
        RequestFrame.Write(frame, apiKey, version, correlationId, "raw", request);
        return frame.WrittenSpan.ToArray();
    }

    public async Task<TResponse> CallAsync<TResponse>(ApiKey apiKey, short version, IKafkaRequest request, ReadMessage<TResponse> read)
    {
        await SendAsync(Frame(apiKey, version, ++_correlationId, request));
        var frame = await ReceiveAsync() ?? throw new IOException($"the connection was closed after {apiKey} v{version}");
        return Decode(frame, apiKey, version, read);
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes) =>
        await _stream!.WriteAsync(bytes, TestContext.Current.CancellationToken);

    /// <summary>No more is sent; what the broker says can still be read.</summary>
    public void EndInput() => _client.Client.Shutdown(SocketShutdown.Send);

    /// <summary>The next frame without its length, or null when the broker closed the connection.</summary>
    public async Task<byte[]?> ReceiveAsync()
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(AnswerTime);
        try
        {
            var length = new byte[4];
            await _stream!.ReadExactlyAsync(length, deadline.Token);
            var frame = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
            await _stream!.ReadExactlyAsync(frame, deadline.Token);
            return frame;
        }
        catch (IOException)
        {
            return null; // An orderly end or a reset: closed either way.
        }
    }

    public async Task CreateTopicAsync(string topic, int partitionCount, params (string Key, string Value)[] configs)
    {
        var answer = await TryCreateTopicAsync(topic, partitionCount, configs);
        Assert.True(answer.ErrorCode == 0, $"{topic}: {(ErrorCode)answer.ErrorCode} {answer.ErrorMessage}");
    }

    public async Task<CreateTopicsResponse.CreatableTopicResult> TryCreateTopicAsync(
        string topic, int partitionCount, params (string Key, string Value)[] configs)
    {
        var asked = new CreateTopicsRequest.CreatableTopic { Name = topic, NumPartitions = partitionCount, ReplicationFactor = 1 };
        asked.Configs.AddRange(
            configs.Select(static c => new CreateTopicsRequest.CreatableTopicConfig { Name = c.Key, Value = c.Value }));
        var request = new CreateTopicsRequest { TimeoutMs = 30_000, Topics = { asked } };
        return (await CallAsync(ApiKey.CreateTopics, 5, request, CreateTopicsResponse.Read)).Topics[0];
    }

    public async Task<ProduceResponse.PartitionProduceResponse> ProduceAsync(string topic, int partition, byte[] records)
    {
        var data = new ProduceRequest.PartitionProduceData { Index = partition, Records = new ReadOnlySequence<byte>(records) };
        var request = new ProduceRequest
        {
            Acks = -1,
            TimeoutMs = 30_000,
            TopicData = { new ProduceRequest.TopicProduceData { Name = topic, PartitionData = { data } } },
        };
        return (await CallAsync(ApiKey.Produce, 9, request, ProduceResponse.Read)).Responses[0].PartitionResponses[0];
    }

    public ValueTask DisposeAsync()
    {
        _stream?.Dispose();
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    private static TResponse Decode<TResponse>(byte[] frame, ApiKey apiKey, short version, ReadMessage<TResponse> read)
    {
        var reader = new WireReader(frame);
        _ = ResponseFrame.ReadHeader(ref reader, apiKey, version);
        return read(ref reader, version);
    }
}
