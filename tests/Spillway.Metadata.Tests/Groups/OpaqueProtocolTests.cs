using System.Buffers;
using Google.Protobuf;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Wire;
using Spillway.Metadata.Groups;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Tests.Groups;

/// <summary>
/// What members tell each other goes through unread: Connect's workers, Streams' own bytes in a consumer's metadata, and what nobody can
/// read. The coordinator reads topics out of it only to tell whose offsets may go (KIP-496, KIP-211).
/// </summary>
public sealed class OpaqueProtocolTests
{
    private readonly GroupTestContext _context = new();

    public static TheoryData<string, byte[]> Metadata => new()
    {
        { "connect", [0, 1, 0, 9, 104, 116, 116, 112, 58, 47, 47, 97, 47, 255, 255, 255, 255] },
        { "connect", [] },
        { "consumer", [] },
        { "consumer", [0] },
        { "consumer", [0, 1, 255, 255, 255, 255] },
        { "consumer", [127, 255, 127, 255, 255, 255, 0, 0] },
        { "schema-registry", [.. "{\"version\":1,\"host\":\"h\"}"u8] },
    };

    [Theory]
    [MemberData(nameof(Metadata))]
    public void Metadata_and_assignments_go_through_as_they_are(string protocolType, byte[] metadata)
    {
        var assignment = metadata.Reverse().ToArray();
        var joined = Join(protocolType, ByteString.CopyFrom(metadata));
        Assert.Equal(metadata, Assert.Single(joined.Members).Metadata.ToByteArray());

        Assert.Equal(assignment, Sync(joined, assignment).Assignment.ToByteArray());

        var described = _context.Core.Describe();
        Assert.Equal((protocolType, "p"), (described.ProtocolType, described.Protocol));
        Assert.Equal(metadata, Assert.Single(described.Members).Metadata.ToByteArray());
        Assert.Equal(assignment, Assert.Single(described.Members).Assignment.ToByteArray());

        _context.Restart();
        Assert.Equal(described, _context.Core.Describe());
    }

    [Fact]
    public void Offsets_of_workers_that_are_no_consumers_stay_while_there_are_some()
    {
        var joined = Join("connect", ByteString.CopyFromUtf8("w"));
        Sync(joined, []);

        Assert.Equal(ErrorCode.NonEmptyGroup, _context.Core.CheckOffsetDelete());
        Assert.False(_context.Core.ExpiresUnread);

        _context.Core.Leave(
            new LeaveGroupCall { GroupId = "g", Members = { new LeavingMember { MemberId = joined.MemberId } } }, _context.NowMs);
        Assert.Equal(ErrorCode.None, _context.Core.CheckOffsetDelete());
        Assert.False(_context.Core.Reads("t"));
    }

    [Fact]
    public void Consumers_whose_metadata_nobody_can_read_may_read_everything()
    {
        Sync(Join("consumer", ByteString.CopyFrom([0, 1, 255])), []);

        Assert.Equal(ErrorCode.None, _context.Core.CheckOffsetDelete());
        Assert.True(_context.Core.Reads("t"));
    }

    [Fact]
    public void Streams_bytes_in_a_consumers_metadata_do_not_hide_its_topics()
    {
        Sync(Join("consumer", Subscription("t")), []);

        Assert.True(_context.Core.Reads("t"));
        Assert.False(_context.Core.Reads("other"));
        Assert.True(_context.Core.ExpiresUnread);
        _context.Restart();
        Assert.True(_context.Core.Reads("t"));
        Assert.False(_context.Core.Reads("other"));
    }

    [Fact]
    public void A_group_that_all_consumers_have_left_reads_nothing()
    {
        var joined = Join("consumer", Subscription("t"));
        Sync(joined, []);

        _context.Core.Leave(
            new LeaveGroupCall { GroupId = "g", Members = { new LeavingMember { MemberId = joined.MemberId } } }, _context.NowMs);

        Assert.Equal(GroupState.Empty, _context.Core.State);
        Assert.False(_context.Core.Reads("t"));
    }

    [Fact]
    public async Task Before_the_first_generation_consumers_may_read_everything_and_then_what_the_last_one_did()
    {
        _context.Limits = GroupLimits.Default;
        var reply = StartJoin("consumer", Subscription("t"));
        Assert.Equal(ErrorCode.None, _context.Core.CheckOffsetDelete());
        Assert.True(_context.Core.Reads("other"));
        Assert.False(_context.Core.ExpiresUnread);

        _context.Advance(3_000);
        Sync(await reply.Task, []);
        Assert.False(_context.Core.Reads("other"));

        // The next one is under way: what it will read is not known yet.
        StartJoin("consumer", Subscription("other"));
        Assert.Equal(GroupState.PreparingRebalance, _context.Core.State);
        Assert.False(_context.Core.Reads("other"));
        Assert.True(_context.Core.Reads("t"));
        Assert.False(_context.Core.ExpiresUnread);
    }

    // A subscription with 64 bytes of Streams' in it.
    private static ByteString Subscription(string topic)
    {
        var bytes = new ArrayBufferWriter<byte>();
        var writer = new WireWriter(bytes);
        writer.WriteInt16(1);
        new ConsumerProtocolSubscription { Topics = { topic }, UserData = new byte[64] }.Write(ref writer, 1);
        writer.Flush();
        return ByteString.CopyFrom(bytes.WrittenSpan);
    }

    private JoinGroupResult Join(string protocolType, ByteString metadata) => StartJoin(protocolType, metadata).Task.Result;

    private Reply<JoinGroupResult> StartJoin(string protocolType, ByteString metadata)
    {
        var reply = new Reply<JoinGroupResult>();
        var call = new JoinGroupCall
        {
            GroupId = "g",
            SessionTimeoutMs = 30_000,
            RebalanceTimeoutMs = 30_000,
            ProtocolType = protocolType,
            Protocols = { new GroupProtocol { Name = "p", Metadata = metadata } },
        };
        _context.Core.Join(call, _context.NextId("m"), _context.Limits, _context.NowMs, reply);
        _context.Write();
        return reply;
    }

    private SyncGroupResult Sync(JoinGroupResult joined, byte[] assignment)
    {
        var reply = new Reply<SyncGroupResult>();
        var call = new SyncGroupCall
        {
            GroupId = "g",
            MemberId = joined.MemberId,
            GenerationId = joined.GenerationId,
            Assignments = { new MemberAssignment { MemberId = joined.MemberId, Assignment = ByteString.CopyFrom(assignment) } },
        };
        _context.Core.Sync(call, _context.NowMs, reply);
        _context.Write();
        return reply.Task.Result;
    }
}
