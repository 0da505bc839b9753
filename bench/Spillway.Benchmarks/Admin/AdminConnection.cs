using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Wire;

namespace Spillway.Benchmarks.Admin;

/// <summary>An admin client: one request at a time.</summary>
internal sealed class AdminConnection : IDisposable
{
    private readonly TcpClient _client = new() { NoDelay = true };
    private int _correlationId;

    public static async Task<AdminConnection> OpenAsync(int port)
    {
        var connection = new AdminConnection();
        await connection._client.ConnectAsync("127.0.0.1", port);
        return connection;
    }

    /// <summary>Asks, and gives the answer with its size.</summary>
    public async Task<(TResponse Response, int Bytes)> AskAsync<TResponse>(IKafkaRequest request, short version)
        where TResponse : IKafkaResponse
    {
        var apiKey = Enum.Parse<ApiKey>(request.GetType().Name[..^"Request".Length]);
        var frame = new ArrayBufferWriter<byte>();
        RequestFrame.Write(frame, apiKey, version, ++_correlationId, "bench", request);
        var stream = _client.GetStream();
        await stream.WriteAsync(frame.WrittenMemory);
        var length = new byte[4];
        await stream.ReadExactlyAsync(length);
        var answer = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
        await stream.ReadExactlyAsync(answer);
        return (Read<TResponse>(answer, apiKey, version), answer.Length);
    }

    public void Dispose() => _client.Dispose();

    private static TResponse Read<TResponse>(byte[] frame, ApiKey apiKey, short version)
        where TResponse : IKafkaResponse
    {
        var reader = new WireReader(frame);
        ResponseHeader.Read(ref reader, MessageCatalog.ResponseHeaderVersion(apiKey, version));
        return (TResponse)MessageCatalog.ReadResponse(apiKey, version, ref reader);
    }
}
