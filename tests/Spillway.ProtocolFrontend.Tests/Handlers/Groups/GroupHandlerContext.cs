using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Wire;
using Spillway.ProtocolFrontend.Cluster;
using Spillway.ProtocolFrontend.Connections;
using Spillway.ProtocolFrontend.Handlers.Groups;
using Spillway.ProtocolFrontend.Tests.Connections;
using Spillway.Rpc.Metadata;
using Xunit;

namespace Spillway.ProtocolFrontend.Tests.Handlers.Groups;

/// <summary>The group handlers on a connection: what a test asks goes through the bytes of its version, and so does the answer.</summary>
internal sealed class GroupHandlerContext : IAsyncDisposable
{
    private readonly ConnectionTestContext _connection;
    private int _lastCorrelationId;

    public GroupHandlerContext()
    {
        Cluster = new ClusterView(Images, new BrokerSettings(new BrokerSettingsOptions()));
        _connection = new ConnectionTestContext(
            new JoinGroupHandler(Groups, Connections, NullLogger<JoinGroupHandler>.Instance),
            new SyncGroupHandler(Groups, Connections, NullLogger<SyncGroupHandler>.Instance),
            new HeartbeatHandler(Groups, NullLogger<HeartbeatHandler>.Instance),
            new LeaveGroupHandler(Groups, NullLogger<LeaveGroupHandler>.Instance),
            new OffsetCommitHandler(Groups, Cluster, NullLogger<OffsetCommitHandler>.Instance),
            new OffsetFetchHandler(Groups, Cluster, NullLogger<OffsetFetchHandler>.Instance),
            new DescribeGroupsHandler(Groups, NullLogger<DescribeGroupsHandler>.Instance),
            new ListGroupsHandler(Groups, NullLogger<ListGroupsHandler>.Instance),
            new DeleteGroupsHandler(Groups, NullLogger<DeleteGroupsHandler>.Instance));
        Know("t", TopicId);
    }

    public FakeGroupService Groups { get; } = new();

    public FakeClusterImageService Images { get; } = new();

    public ClusterView Cluster { get; }

    public ConnectionRegistry Connections { get; } = new();

    /// <summary>Of "t", with two partitions, which the frontend knows.</summary>
    public Guid TopicId { get; } = Guid.NewGuid();

    public void Know(string name, Guid topicId) => Cluster.Apply(new ImageUpdate
    {
        Version = ++Images.Version,
        Topics = { new TopicImage { TopicId = Bytes(topicId), Name = name, LogIds = { Images.Version * 10, (Images.Version * 10) + 1 } } },
    });

    public static ByteString Bytes(Guid topicId) => ByteString.CopyFrom(topicId.ToByteArray(bigEndian: true));

    public async Task<TResponse> AskAsync<TResponse>(ApiKey apiKey, int version, IKafkaRequest request)
        where TResponse : IKafkaResponse
    {
        await _connection.SendAsync(apiKey, (short)version, ++_lastCorrelationId, request);
        var frame = await _connection.ReceiveAsync();
        Assert.NotNull(frame);
        return Read<TResponse>(frame, apiKey, (short)version);
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        Connections.Dispose();
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
}
