using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.Metrics;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Spillway.Kafka.Buffers;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Wire;
using Spillway.ProtocolFrontend.Connections;
using Spillway.Testing;
using Xunit;

namespace Spillway.ProtocolFrontend.Tests.Connections;

/// <summary>One connection of the frontend over in-memory pipes, with handlers that the test scripts.</summary>
internal sealed class ConnectionTestContext : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly Pipe _toServer = new();
    private readonly Pipe _toClient = new();
    private readonly DefaultConnectionContext _transport;
    private readonly KafkaConnection _connection;
    private readonly Task _served;
    private long _sentFrameBytes;

    public ConnectionTestContext(long budgetBytes, int frameBytesMax, params IApiHandler[] handlers)
    {
        var services = new ServiceCollection();
        services.AddMetrics();
        services.AddSingleton<ProtocolFrontendMetrics>();
        foreach (var handler in handlers)
        {
            services.AddSingleton(handler);
        }

        services.AddSingleton<ServedApis>();
        services.AddSingleton<RequestDispatcher>();
        services.AddLogging(logging => logging.AddProvider(Logs).SetMinimumLevel(LogLevel.Trace));
        _services = services.BuildServiceProvider();
        _transport = new DefaultConnectionContext("test", new DuplexPipe(_toServer.Reader, _toClient.Writer), null!);
        _transport.Transport = new DuplexPipe(_toServer.Reader, _toClient.Writer);
        Budget = new ByteBudget(budgetBytes);
        _connection = new KafkaConnection(
            _transport,
            _services.GetRequiredService<RequestDispatcher>(),
            new BufferPool(1 << 20),
            Budget,
            frameBytesMax,
            Time,
            _services.GetRequiredService<ILogger<KafkaConnection>>());
        _served = ServeAsync();
    }

    /// <summary>A connection with one handler that wants the frontend's metrics, and others; room for frames of 8 MiB.</summary>
    public static ConnectionTestContext With(Func<ProtocolFrontendMetrics, IApiHandler> makeHandler, params IApiHandler[] others)
    {
        var meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
        return new ConnectionTestContext(16 << 20, 8 << 20, [makeHandler(new ProtocolFrontendMetrics(meters)), .. others]);
    }

    public ConnectionTestContext(params IApiHandler[] handlers)
        : this(1 << 20, 1 << 20, handlers)
    {
    }

    public ByteBudget Budget { get; }

    public LogCapture Logs { get; } = new();

    public SteppingTimeProvider Time { get; } = new();

    /// <summary>Completes when the frontend has closed the connection.</summary>
    public Task Closed => _served;

    public static byte[] Frame(ApiKey apiKey, short version, int correlationId, IKafkaRequest request)
    {
        var frame = new ArrayBufferWriter<byte>();
        RequestFrame.Write(frame, apiKey, version, correlationId, "test", request);
        return frame.WrittenSpan.ToArray();
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes) => await _toServer.Writer.WriteAsync(bytes, TestContext.Current.CancellationToken);

    public Task SendAsync(ApiKey apiKey, short version, int correlationId, IKafkaRequest request)
    {
        var frame = Frame(apiKey, version, correlationId, request);
        _sentFrameBytes += frame.Length - 4;
        return SendAsync(frame);
    }

    /// <summary>Waits until every request has been taken off the connection; while none has been answered.</summary>
    public Task UntilReadAsync() => Eventually.TrueAsync(
        () => Budget.UsedBytes == _sentFrameBytes, "all requests are read", TestContext.Current.CancellationToken);

    public void EndInput() => _toServer.Writer.Complete();

    public void CheckTimeouts() => _connection.CheckTimeouts();

    public void StopReading() => _connection.StopReading();

    /// <summary>The next response frame without its length, or null when the connection was closed.</summary>
    public async Task<byte[]?> ReceiveAsync()
    {
        while (true)
        {
            var result = await _toClient.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask()
                .WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
            var buffer = result.Buffer;
            if (buffer.Length >= 4)
            {
                var length = new byte[4];
                buffer.Slice(0, 4).CopyTo(length);
                var frameBytes = BinaryPrimitives.ReadInt32BigEndian(length);
                if (buffer.Length >= 4 + frameBytes)
                {
                    var frame = buffer.Slice(4, frameBytes).ToArray();
                    _toClient.Reader.AdvanceTo(buffer.GetPosition(4 + frameBytes));
                    return frame;
                }
            }

            _toClient.Reader.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted)
            {
                return null;
            }
        }
    }

    public async Task<int?> ReceiveCorrelationIdAsync() =>
        await ReceiveAsync() is { } frame ? BinaryPrimitives.ReadInt32BigEndian(frame) : null;

    public async ValueTask DisposeAsync()
    {
        await _toServer.Writer.CompleteAsync();
        await _served.WaitAsync(TimeSpan.FromMinutes(1));
        await _connection.DisposeAsync();
        await _services.DisposeAsync();
    }

    private async Task ServeAsync()
    {
        await Task.Yield();
        await _connection.RunAsync();
        await _toClient.Writer.CompleteAsync();
    }

    private sealed class DuplexPipe(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input { get; } = input;

        public PipeWriter Output { get; } = output;
    }
}
