using System.Buffers;
using Microsoft.Extensions.Logging.Abstractions;
using Spillway.Kafka.Buffers;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Wire;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Connections;
using Spillway.ProtocolFrontend.Fetching;
using Spillway.ProtocolFrontend.Producing;
using Spillway.ProtocolFrontend.Tails;
using Spillway.ProtocolFrontend.Tests.Connections;
using Spillway.ProtocolFrontend.Tests.Handlers.Groups;
using Spillway.Rpc.Metadata;
using Xunit;

namespace Spillway.ProtocolFrontend.Tests.Producing;

/// <summary>The produce handler on a connection, with a topic "t" of two partitions (logs 10 and 11), "u" of four (20 to 23), and a writer that the test plays.</summary>
internal sealed class ProduceTestContext : IAsyncDisposable
{
    public const short Version = 9;

    private readonly Func<ProtocolFrontendMetrics, IApiHandler> _makeHandler;
    private readonly IApiHandler[] _others;
    private ConnectionTestContext _connection;

    public ProduceTestContext(TimeProvider? time = null, IWriters? writers = null, params IApiHandler[] others)
    {
        _others = others;
        var settings = new BrokerSettings(new BrokerSettingsOptions { Broker = { ["request.timeout.ms"] = "20000" } });
        var cluster = new ClusterView(Images, settings);
        cluster.Apply(new ImageUpdate
        {
            Version = Images.Version = 1,
            Topics =
            {
                new TopicImage { TopicId = GroupHandlerContext.Bytes(Guid.NewGuid()), Name = "t", LogIds = { 10, 11 } },
                new TopicImage { TopicId = GroupHandlerContext.Bytes(Guid.NewGuid()), Name = "u", LogIds = { 20, 21, 22, 23 } },
            },
        });
        Cache = new TailCache(1 << 20, Pool);
        Routes = new RoutingView(time ?? TimeProvider.System);
        _makeHandler = metrics => new ProduceHandler(
            cluster,
            Routes,
            writers ?? Writers,
            Cache,
            new PartitionViews(TimeProvider.System),
            Connections,
            settings,
            new ProtocolFrontendOptions(),
            time ?? TimeProvider.System,
            metrics,
            NullLogger<ProduceHandler>.Instance);
        _connection = ConnectionTestContext.With(_makeHandler, _others);
    }

    public ScriptedWriters Writers { get; } = new();

    public RoutingView Routes { get; }

    public FakeClusterImageService Images { get; } = new();

    public ConnectionRegistry Connections { get; } = new();

    public BufferPool Pool { get; } = new(1 << 20);

    public TailCache Cache { get; }

    /// <summary>A batch for some partitions, "t" having two.</summary>
    public static ProduceRequest Request(byte[] batch, params int[] partitions) =>
        Request("t", partitions.Select(partition => (partition, batch)));

    /// <summary>A batch each for some partitions.</summary>
    public static ProduceRequest Request(string topic, IEnumerable<(int Partition, byte[] Batch)> batches)
    {
        var request = new ProduceRequest { Acks = -1, TimeoutMs = 10_000 };
        var data = new ProduceRequest.TopicProduceData { Name = topic };
        foreach (var (partition, batch) in batches)
        {
            data.PartitionData.Add(new() { Index = partition, Records = new ReadOnlySequence<byte>(batch) });
        }

        request.TopicData.Add(data);
        return request;
    }

    public static ProduceRequest Request(byte[] batch, int partition = 0, string topic = "t", short acks = -1)
    {
        var request = new ProduceRequest { Acks = acks, TimeoutMs = 10_000 };
        var data = new ProduceRequest.TopicProduceData { Name = topic };
        data.PartitionData.Add(new() { Index = partition, Records = new ReadOnlySequence<byte>(batch) });
        request.TopicData.Add(data);
        return request;
    }

    public Task SendAsync(int correlationId, ProduceRequest request, short version = Version) =>
        _connection.SendAsync(ApiKey.Produce, version, correlationId, request);

    public Task SendAsync(ApiKey apiKey, short version, int correlationId, IKafkaRequest request) =>
        _connection.SendAsync(apiKey, version, correlationId, request);

    /// <summary>The next answer's; null when the connection was closed.</summary>
    public Task<int?> ReceiveCorrelationIdAsync() => _connection.ReceiveCorrelationIdAsync();

    /// <summary>Waits until every request has been taken off the connection; while none has been answered.</summary>
    public Task UntilReadAsync() => _connection.UntilReadAsync();

    /// <summary>The client comes again, on a connection of its own.</summary>
    public async Task ReconnectAsync()
    {
        await _connection.DisposeAsync();
        _connection = ConnectionTestContext.With(_makeHandler, _others);
    }

    /// <summary>What the frontend does once a second.</summary>
    public void CheckTimeouts() => _connection.CheckTimeouts();

    /// <summary>The one partition's response of the next answer; null when the connection was closed.</summary>
    public async Task<ProduceResponse.PartitionProduceResponse?> ReceiveAsync(short version = Version) =>
        await ReceiveAllAsync(version) is { } responses ? Assert.Single(responses) : null;

    /// <summary>The partitions' responses of the next answer; null when the connection was closed.</summary>
    public async Task<List<ProduceResponse.PartitionProduceResponse>?> ReceiveAllAsync(short version = Version)
    {
        var frame = await _connection.ReceiveAsync();
        if (frame is null)
        {
            return null;
        }

        var reader = new WireReader(frame);
        ResponseFrame.ReadHeader(ref reader, ApiKey.Produce, version);
        return Assert.Single(ProduceResponse.Read(ref reader, version).Responses).PartitionResponses;
    }

    public async Task UntilSubmittedAsync(int count)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (Writers.Submitted.Count < count)
        {
            await Task.Delay(1, limit.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        Cache.Dispose();
        Connections.Dispose();
    }
}
