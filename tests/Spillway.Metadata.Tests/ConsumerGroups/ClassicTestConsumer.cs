using System.Buffers;
using Google.Protobuf;
using Spillway.Kafka;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Wire;
using Spillway.Metadata.ConsumerGroups;
using Spillway.Metadata.Groups;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Tests.ConsumerGroups;

/// <summary>A consumer of the classic protocol: eager (owns nothing while it joins) or cooperative (says what it owns and keeps it).</summary>
internal sealed class ClassicTestConsumer(ConsumerGroupContext context, string? instanceId = null, bool cooperative = false)
{
    private const short Version = 3;

    /// <summary>It fills no more than this version, whatever it says.</summary>
    public short FilledVersion { get; init; } = Version;

    private Reply<JoinGroupResult>? _joining;
    private Reply<SyncGroupResult>? _syncing;
    private bool _hasToJoin = true;

    public string Id { get; set; } = "";

    public int Generation { get; set; } = -1;

    public string Topic { get; init; } = "t";

    public string[] Protocols { get; init; } = ["range"];

    public PartitionSet Owned { get; private set; } = PartitionSet.Empty;

    public int[] Partitions => [.. Owned.Select(p => p.Partition)];

    public JoinGroupResult? Joined => _joining?.Task is { IsCompletedSuccessfully: true } done ? done.Result : null;

    public SyncGroupResult? Synced => _syncing?.Task is { IsCompletedSuccessfully: true } done ? done.Result : null;

    public ErrorCode JoinError => (ErrorCode)Joined!.ErrorCode;

    public JoinGroupResult? Join()
    {
        if (!cooperative)
        {
            Owned = PartitionSet.Empty;
        }

        var call = new JoinGroupCall
        {
            GroupId = "g",
            MemberId = Id,
            SessionTimeoutMs = 10_000,
            RebalanceTimeoutMs = 30_000,
            ProtocolType = "consumer",
            ClientId = "c",
            ClientHost = "/127.0.0.1",
            RequiresKnownMemberId = true,
            Protocols = { Protocols.Select(p => new GroupProtocol { Name = p, Metadata = Subscription() }) },
        };
        if (instanceId is not null)
        {
            call.GroupInstanceId = instanceId;
        }

        _hasToJoin = false;
        _syncing = null;
        _joining = new Reply<JoinGroupResult>();
        context.Core.Join(call, context.NextId(), context.Limits, context.NowMs, _joining);
        context.Write();
        return Joined;
    }

    public SyncGroupResult? Sync(int? generation = null)
    {
        if (Joined is { ErrorCode: 0 } joined)
        {
            (Id, Generation) = (joined.MemberId, joined.GenerationId);
        }

        var call = new SyncGroupCall { GroupId = "g", MemberId = Id, GenerationId = generation ?? Generation };
        if (instanceId is not null)
        {
            call.GroupInstanceId = instanceId;
        }

        if (Joined is { ErrorCode: 0 } leading && leading.Leader == Id && Id.Length > 0)
        {
            call.Assignments.AddRange(Plan(leading));
        }

        _syncing = new Reply<SyncGroupResult>();
        context.Core.Sync(call, context.NowMs, _syncing);
        context.Write();
        return Synced;
    }

    public ErrorCode Heartbeat(int? generation = null)
    {
        var call = new HeartbeatCall { GroupId = "g", MemberId = Id, GenerationId = generation ?? Generation };
        if (instanceId is not null)
        {
            call.GroupInstanceId = instanceId;
        }

        return context.Core.Heartbeat(call, context.NowMs);
    }

    public ErrorCode Leave()
    {
        var leaving = new LeavingMember { MemberId = Id };
        if (instanceId is not null)
        {
            leaving.GroupInstanceId = instanceId;
        }

        var reply = new Reply<LeaveGroupResult>();
        context.Core.Leave(new LeaveGroupCall { GroupId = "g", Members = { leaving } }, context.NowMs, reply);
        context.Write();
        return (ErrorCode)reply.Task.Result.Members.Single().ErrorCode;
    }

    /// <summary>The next thing that a real client would do.</summary>
    public void Proceed()
    {
        if (!_hasToJoin && Joined is null)
        {
            return;
        }

        if (!_hasToJoin && _syncing is null)
        {
            if (JoinError == ErrorCode.None)
            {
                Sync();
            }
            else
            {
                Id = JoinError switch
                {
                    ErrorCode.MemberIdRequired => Joined!.MemberId,
                    ErrorCode.UnknownMemberId or ErrorCode.FencedInstanceId => "",
                    _ => Id,
                };
                _hasToJoin = true;
            }
        }

        if (!_hasToJoin && Synced is { } synced)
        {
            Take(synced);
        }

        if (_hasToJoin)
        {
            Join();
        }
    }

    private void Take(SyncGroupResult synced)
    {
        var error = (ErrorCode)synced.ErrorCode;
        if (error == ErrorCode.None)
        {
            var assignment = EmbeddedConsumerProtocol.TryReadAssignment(synced.Assignment)!;
            var assigned = EmbeddedConsumerProtocol.ToPartitions(
                assignment.AssignedPartitions.Select(t => (t.Topic, t.Partitions)), context.Topics);

            // What a cooperative consumer gives up it tells by joining again.
            _hasToJoin = cooperative && !Owned.IsSubsetOf(assigned);
            Owned = assigned;
            error = Heartbeat();
        }

        if (error != ErrorCode.None)
        {
            _hasToJoin = true;
            if (error is ErrorCode.UnknownMemberId or ErrorCode.IllegalGeneration or ErrorCode.FencedInstanceId)
            {
                (Id, Owned) = (error == ErrorCode.UnknownMemberId ? "" : Id, PartitionSet.Empty);
            }
        }
    }

    private IEnumerable<MemberAssignment> Plan(JoinGroupResult joined)
    {
        var topic = context.Topics.Find(Topic)!.Value;
        for (var i = 0; i < joined.Members.Count; i++)
        {
            var mine = Enumerable.Range(0, topic.PartitionCount).Where(p => p % joined.Members.Count == i);
            yield return new MemberAssignment
            {
                MemberId = joined.Members[i].MemberId,
                Assignment = EmbeddedConsumerProtocol.WriteAssignment(
                    PartitionSet.Of(mine.Select(p => new TopicIdPartition(topic.Id, p))), context.Topics, joined.Members[i].Metadata),
            };
        }
    }

    private ByteString Subscription()
    {
        var subscription = new ConsumerProtocolSubscription { Topics = [Topic], GenerationId = Generation };
        if (Owned.Count > 0)
        {
            subscription.OwnedPartitions.Add(new() { Topic = Topic, Partitions = [.. Partitions] });
        }

        var bytes = new ArrayBufferWriter<byte>();
        var writer = new WireWriter(bytes);
        writer.WriteInt16(Version);
        subscription.Write(ref writer, FilledVersion);
        writer.Flush();
        return ByteString.CopyFrom(bytes.WrittenSpan);
    }
}
