using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using Spillway.Conformance.Tests.Broker;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Wire;
using Xunit;

namespace Spillway.Conformance.Tests.Wire;

/// <summary>A connection that says exactly what it is told to, and checks of each answer that it is one. One request at a time.</summary>
internal sealed class KafkaWire : IDisposable
{
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(20);

    private readonly TcpClient _client = new() { NoDelay = true };
    private int _correlationId = 1000;

    private KafkaWire()
    {
    }

    /// <summary>What requests say that they come from; null is legal.</summary>
    public string? ClientId { get; set; } = "conformance";

    public static async Task<KafkaWire> OpenAsync(BrokerFixture broker)
    {
        var wire = new KafkaWire();
        await wire._client.ConnectAsync(broker.Host, broker.Port, TestContext.Current.CancellationToken);
        return wire;
    }

    /// <summary>The API that a request belongs to.</summary>
    public static ApiKey ApiKeyOf(IKafkaRequest request) => Enum.Parse<ApiKey>(request.GetType().Name[..^"Request".Length]);

    /// <summary>The bytes of a request, its length prefix first.</summary>
    public byte[] Frame(IKafkaRequest request, short version)
    {
        var frame = new ArrayBufferWriter<byte>();
        RequestFrame.Write(frame, ApiKeyOf(request), version, ++_correlationId, ClientId, request);
        return frame.WrittenSpan.ToArray();
    }

    /// <summary>Sends a request and reads its answer: the same correlation id, the same version, and not a byte more.</summary>
    public async Task<TResponse> AskAsync<TResponse>(IKafkaRequest request, short version)
        where TResponse : class, IKafkaResponse
    {
        await SendAsync(Frame(request, version));
        return await ReceiveAsync<TResponse>(ApiKeyOf(request), version, _correlationId);
    }

    /// <summary>Reads the answer to a request that was sent before.</summary>
    public async Task<TResponse> ReceiveAsync<TResponse>(ApiKey apiKey, short version, int correlationId)
        where TResponse : class, IKafkaResponse
    {
        var frame = await ReceiveAsync() ?? throw new IOException($"the connection was closed after {apiKey} v{version}");
        return Decode<TResponse>(frame, apiKey, version, correlationId);
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes) =>
        await _client.GetStream().WriteAsync(bytes, TestContext.Current.CancellationToken);

    /// <summary>The next frame without its length, or null when the broker closed the connection.</summary>
    public async Task<byte[]?> ReceiveAsync()
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(AnswerTime);
        try
        {
            var length = new byte[4];
            await _client.GetStream().ReadExactlyAsync(length, deadline.Token);
            var frame = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
            await _client.GetStream().ReadExactlyAsync(frame, deadline.Token);
            return frame;
        }
        catch (IOException)
        {
            return null; // An orderly end or a reset: closed either way.
        }
    }

    public void Dispose() => _client.Dispose();

    private static TResponse Decode<TResponse>(byte[] frame, ApiKey apiKey, short version, int correlationId)
        where TResponse : class, IKafkaResponse
    {
        var reader = new WireReader(frame);
        Assert.Equal(correlationId, ResponseFrame.ReadHeader(ref reader, apiKey, version).CorrelationId);
        var response = MessageCatalog.ReadResponse(apiKey, version, ref reader);
        Assert.True(reader.Remaining == 0, $"{reader.Remaining} bytes behind the answer of {apiKey} v{version}");
        return Assert.IsType<TResponse>(response);
    }
}
