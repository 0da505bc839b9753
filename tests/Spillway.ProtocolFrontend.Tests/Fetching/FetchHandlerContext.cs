using Microsoft.Extensions.Logging.Abstractions;
using Spillway.Kafka;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Wire;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Connections;
using Spillway.ProtocolFrontend.Fetching;
using Spillway.ProtocolFrontend.Fetching.Sessions;
using Spillway.ProtocolFrontend.Tails;
using Spillway.ProtocolFrontend.Tests.Connections;
using Spillway.ProtocolFrontend.Tests.Handlers.Groups;
using Spillway.Rpc.Metadata;
using Spillway.Testing;
using Xunit;

namespace Spillway.ProtocolFrontend.Tests.Fetching;

/// <summary>The fetch handler on a connection, with a topic "t" of two partitions (logs 1 and 2) whose tails the test tells.</summary>
internal sealed class FetchHandlerContext : IAsyncDisposable
{
    private readonly ConnectionTestContext _connection;
    private readonly PartitionViews _views = new(TimeProvider.System);
    private readonly FakeClusterImageService _images = new();
    private readonly ClusterView _cluster;
    private int _lastCorrelationId;

    public FetchHandlerContext()
    {
        var settings = new BrokerSettings(new BrokerSettingsOptions());
        _cluster = new ClusterView(_images, settings);
        Know("t", TopicId, 1);
        var metrics = new ProtocolFrontendMetrics(Cold.Counters);
        var options = new ProtocolFrontendOptions { Zone = "a" };
        var identity = new FrontendIdentity();
        identity.SetRegistered(new FrontendRegistration(1, 1));
        var replicas = new PreferredReplicas(Routes, new Brokers(Routes, identity, options), new ClientZones(Routes, options), options);
        _connection = new ConnectionTestContext(new FetchHandler(
            new FetchSessions(new FetchSessionCache(settings, metrics, Time)),
            new FetchTargets(_cluster, _views, replicas),
            replicas,
            Cold.Pass,
            new ConnectionRegistry(),
            settings,
            Time,
            NullLogger<FetchHandler>.Instance));
        Tell(1, 0, 0);
        Tell(2, 0, 0);
    }

    /// <summary>The client's address is not known; its client id is "test".</summary>
    public RoutingView Routes { get; } = new(TimeProvider.System);

    public Guid TopicId { get; } = Guid.NewGuid();

    public ManualTimeProvider Time { get; } = new();

    public ColdReadContext Cold { get; } = new();

    public void Know(string name, Guid topicId, long firstLog, Guid? gone = null)
    {
        var update = new ImageUpdate
        {
            Version = ++_images.Version,
            Topics = { new TopicImage { TopicId = GroupHandlerContext.Bytes(topicId), Name = name, LogIds = { firstLog, firstLog + 1 } } },
        };
        if (gone is { } id)
        {
            update.RemovedTopicIds.Add(GroupHandlerContext.Bytes(id));
        }

        _cluster.Apply(update);
    }

    /// <summary>What metadata pushes of a log.</summary>
    public void Tell(long log, long highWatermark, long lastStableOffset) => _views.Get(new LogId(log)).Apply(
        new PartitionTail { LogId = log, HighWatermark = highWatermark, LastStableOffset = lastStableOffset, LastAbortedOffset = -1 });

    /// <summary>A fetch of all records of the topic's partitions from the offsets, without a session unless it says so.</summary>
    public FetchRequest Request(long offset, int maxWaitMs = 0, sbyte isolationLevel = 0, params int[] partitions)
    {
        var request = new FetchRequest
        {
            MaxWaitMs = maxWaitMs, MinBytes = 1, MaxBytes = 1 << 20, IsolationLevel = isolationLevel, SessionId = 0, SessionEpoch = -1,
        };
        if (partitions.Length > 0)
        {
            var topic = new FetchRequest.FetchTopic { TopicId = TopicId };
            topic.Partitions.AddRange(partitions.Select(
                partition => new FetchRequest.FetchPartition { Partition = partition, FetchOffset = offset, PartitionMaxBytes = 1 << 20 }));
            request.Topics.Add(topic);
        }

        return request;
    }

    public async Task<FetchResponse> FetchAsync(FetchRequest request, short version = 16)
    {
        await _connection.SendAsync(ApiKey.Fetch, version, ++_lastCorrelationId, request);
        var frame = await _connection.ReceiveAsync();
        Assert.NotNull(frame);
        return Read(frame, version);
    }

    private static FetchResponse Read(byte[] frame, short version)
    {
        var reader = new WireReader(frame);
        ResponseHeader.Read(ref reader, MessageCatalog.ResponseHeaderVersion(ApiKey.Fetch, version));
        return Assert.IsType<FetchResponse>(MessageCatalog.ReadResponse(ApiKey.Fetch, version, ref reader));
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        Cold.Dispose();
    }
}
