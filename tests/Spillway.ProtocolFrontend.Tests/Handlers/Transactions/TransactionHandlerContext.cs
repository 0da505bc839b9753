using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Wire;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Handlers;
using Spillway.ProtocolFrontend.Handlers.Transactions;
using Spillway.ProtocolFrontend.Tests.Connections;
using Spillway.ProtocolFrontend.Tests.Handlers.Groups;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Zones;
using Xunit;

namespace Spillway.ProtocolFrontend.Tests.Handlers.Transactions;

/// <summary>The transaction handlers of frontend 1 of two; what a test asks goes through the bytes of its version, and so does the answer.</summary>
internal sealed class TransactionHandlerContext : IAsyncDisposable
{
    private readonly ConnectionTestContext _connection;
    private readonly ProducerIdBlocks _blocks = new(null!);
    private int _lastCorrelationId;

    public TransactionHandlerContext()
    {
        var options = new ProtocolFrontendOptions();
        var identity = new FrontendIdentity();
        identity.SetRegistered(new FrontendRegistration(1, 1));
        Brokers = new Brokers(Routes, identity, options);
        Cluster = new ClusterView(Images, new BrokerSettings(new BrokerSettingsOptions()));
        _connection = new ConnectionTestContext(
            new InitProducerIdHandler(Service, _blocks, NullLogger<InitProducerIdHandler>.Instance),
            new AddPartitionsToTxnHandler(Service, Cluster, NullLogger<AddPartitionsToTxnHandler>.Instance),
            new AddOffsetsToTxnHandler(Service, NullLogger<AddOffsetsToTxnHandler>.Instance),
            new EndTxnHandler(Service, NullLogger<EndTxnHandler>.Instance),
            new TxnOffsetCommitHandler(Service, Cluster, NullLogger<TxnOffsetCommitHandler>.Instance),
            new WriteTxnMarkersHandler(Service, Cluster, NullLogger<WriteTxnMarkersHandler>.Instance),
            new DescribeProducersHandler(Service, Cluster, NullLogger<DescribeProducersHandler>.Instance),
            new DescribeTransactionsHandler(Service, NullLogger<DescribeTransactionsHandler>.Instance),
            new ListTransactionsHandler(Service, Brokers, NullLogger<ListTransactionsHandler>.Instance),
            new FindCoordinatorHandler(Brokers, new ClientZones(Routes, options), NullLogger<FindCoordinatorHandler>.Instance));
        Routes.Apply(new RoutingTable
        {
            Frontends =
            {
                new RoutedFrontend { NodeId = 1, Zone = "a", Host = "one", Port = 9092 },
                new RoutedFrontend { NodeId = 2, Zone = "b", Host = "two", Port = 9092 },
            },
            Zones = { new ZoneRoutes { Zone = "", NodeIdBySlot = { 1, 2 } } },
        });
        Cluster.Apply(new ImageUpdate
        {
            Version = ++Images.Version,
            Topics = { new TopicImage { TopicId = Bytes(TopicId), Name = "t", LogIds = { 10, 11 } } },
        });
    }

    /// <summary>The connection's.</summary>
    public SteppingTimeProvider Time => _connection.Time;

    public FakeTransactionService Service { get; } = new();

    public FakeClusterImageService Images { get; } = new();

    public RoutingView Routes { get; } = new(TimeProvider.System);

    public Brokers Brokers { get; }

    public ClusterView Cluster { get; }

    /// <summary>Of "t", with the logs 10 and 11, which the frontend knows.</summary>
    public Guid TopicId { get; } = Guid.NewGuid();

    public static ByteString Bytes(Guid topicId) => ByteString.CopyFrom(topicId.ToByteArray(bigEndian: true));

    public async Task<TResponse> AskAsync<TResponse>(ApiKey apiKey, int version, IKafkaRequest request)
        where TResponse : IKafkaResponse
    {
        await _connection.SendAsync(apiKey, (short)version, ++_lastCorrelationId, request);
        var frame = await _connection.ReceiveAsync();
        Assert.NotNull(frame);
        var reader = new WireReader(frame);
        ResponseHeader.Read(ref reader, MessageCatalog.ResponseHeaderVersion(apiKey, (short)version));
        var response = Assert.IsAssignableFrom<TResponse>(MessageCatalog.ReadResponse(apiKey, (short)version, ref reader));
        Assert.Equal(0, reader.Remaining);
        return response;
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        _blocks.Dispose();
    }
}
