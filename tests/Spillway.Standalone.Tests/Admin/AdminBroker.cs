using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Wire;
using Spillway.Standalone.CommandLine;
using Spillway.Testing.Processes;
using Spillway.Testing.Wal;
using Xunit;

namespace Spillway.Standalone.Tests.Admin;

/// <summary>
/// A whole Spillway in this process, asked over a socket: what an admin API answers is metadata's and the frontend's together. Tests use names
/// of their own.
/// </summary>
public sealed class AdminBroker : IAsyncLifetime
{
    private readonly TemporaryFolder _data = new();
    private readonly SemaphoreSlim _oneAtATime = new(1);
    private readonly TcpClient _client = new() { NoDelay = true };
    private WebApplication? _app;
    private int _correlationId;

    public static CancellationToken Ct => TestContext.Current.CancellationToken;

    public int Port { get; } = FreePorts.TakeBase([0, 1]);

    public int HttpPort => Port + 1;

    /// <summary>The only broker's id.</summary>
    public int NodeId { get; private set; }

    /// <summary>Asks over one connection, one request at a time.</summary>
    public async Task<TResponse> AskAsync<TResponse>(IKafkaRequest request, int version)
        where TResponse : IKafkaResponse
    {
        await _oneAtATime.WaitAsync(Ct);
        try
        {
            return await AskAsync<TResponse>(_client.GetStream(), request, (short)version);
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    public async ValueTask InitializeAsync()
    {
        var (options, error) = StandaloneArguments.Parse(
            ["--data", _data.Path, "--port", Text(Port), "--http-port", Text(HttpPort), "--set", "num.partitions=3"]);
        Assert.True(options is not null, error);
        _app = StandaloneHost.Build(options, TextWriter.Null);
        await _app.StartAsync(Ct);
        await _client.ConnectAsync("127.0.0.1", Port, Ct);
        await Deadline.UntilAsync(
            async () =>
            {
                var brokers = (await AskAsync<MetadataResponse>(new MetadataRequest { Topics = [] }, 12)).Brokers;
                NodeId = brokers is [var only] ? only.NodeId : -1;
                return NodeId >= 0;
            },
            TimeSpan.FromSeconds(30),
            "the broker is registered",
            Ct);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        _oneAtATime.Dispose();
        if (_app is not null)
        {
            await _app.StopAsync(CancellationToken.None);
            await _app.DisposeAsync();
        }

        _data.Dispose();
    }

    private async Task<TResponse> AskAsync<TResponse>(NetworkStream stream, IKafkaRequest request, short version)
        where TResponse : IKafkaResponse
    {
        var apiKey = Enum.Parse<ApiKey>(request.GetType().Name[..^"Request".Length]);
        var frame = new ArrayBufferWriter<byte>();
        RequestFrame.Write(frame, apiKey, version, ++_correlationId, "admin-tests", request);
        await stream.WriteAsync(frame.WrittenMemory, Ct);
        var length = new byte[4];
        await stream.ReadExactlyAsync(length, Ct);
        var answer = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
        await stream.ReadExactlyAsync(answer, Ct);
        return Read<TResponse>(answer, apiKey, version);
    }

    private static TResponse Read<TResponse>(byte[] frame, ApiKey apiKey, short version)
        where TResponse : IKafkaResponse
    {
        var reader = new WireReader(frame);
        ResponseHeader.Read(ref reader, MessageCatalog.ResponseHeaderVersion(apiKey, version));
        var response = Assert.IsAssignableFrom<TResponse>(MessageCatalog.ReadResponse(apiKey, version, ref reader));
        Assert.Equal(0, reader.Remaining);
        return response;
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
