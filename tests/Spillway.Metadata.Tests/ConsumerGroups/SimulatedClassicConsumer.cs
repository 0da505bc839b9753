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

/// <summary>
/// An eager consumer of the classic protocol in a group that may change to the consumer protocol and back: it gives up all before it joins,
/// and where it is told that it leads, it assigns. Now and then it dies, falls silent, or sends what is out of date.
/// </summary>
internal sealed class SimulatedClassicConsumer(SimulatedConsumers group, Random random, string? instanceId) : ISimulatedClient
{
    private Reply<JoinGroupResult>? _joining;
    private Reply<SyncGroupResult>? _syncing;
    private JoinGroupResult? _joined;
    private int _generation = -1;
    private long _plannedVersion;

    public string Id { get; private set; } = "";

    public int Epoch { get; private set; } = -1;

    public PartitionSet Owned { get; private set; } = PartitionSet.Empty;

    public string[] TopicNames { get; private set; } = ["a", "b"];

    private bool Leads => _joined is { } joined && joined.Leader == joined.MemberId && joined.Members.Count > 0;

    public void Step()
    {
        switch (random.Next(30))
        {
            case 0:
                Forget(keepsId: false);
                break;
            case 1:
                Leave();
                Forget(keepsId: false);
                break;
            case 2:
                Heartbeat(_generation - 1);
                break;
            case 3 when _joined is not null:
                Sync(_generation - 1);
                break;
            case 4:
                TopicNames = random.Next(2) == 0 ? ["a", "b"] : ["b", "c"];
                Join();
                break;
            case < 10:
                break;
            default:
                Behave();
                break;
        }
    }

    public void Look()
    {
        if (_joining is { Task.IsCompletedSuccessfully: true } joining)
        {
            _joining = null;
            Take(joining.Task.Result);
        }

        if (_syncing is { Task.IsCompletedSuccessfully: true } syncing)
        {
            _syncing = null;
            Take(syncing.Task.Result);
        }
    }

    public void Behave()
    {
        if (_joining is not null || _syncing is not null)
        {
            return;
        }

        if (_joined is null || (Leads && Epoch == _generation && _plannedVersion != group.FakeTopics.Version))
        {
            Join();
        }
        else if (Epoch != _generation)
        {
            Sync(_generation);
        }
        else if (Heartbeat(_generation) is var error and not ErrorCode.None)
        {
            Lose(error);
        }
    }

    public void Leave()
    {
        // A client closes before it says so.
        Owned = PartitionSet.Empty;
        var leaving = new LeavingMember { MemberId = Id };
        if (instanceId is not null)
        {
            leaving.GroupInstanceId = instanceId;
        }

        group.Core.Leave(new LeaveGroupCall { GroupId = "g", Members = { leaving } }, group.NowMs, new Reply<LeaveGroupResult>());
    }

    private void Take(JoinGroupResult joined)
    {
        switch ((ErrorCode)joined.ErrorCode)
        {
            case ErrorCode.None:
                (Id, _generation, _joined) = (joined.MemberId, joined.GenerationId, joined);
                break;
            case ErrorCode.MemberIdRequired:
                Id = joined.MemberId;
                break;
            case var error:
                Lose(error);
                break;
        }
    }

    private void Take(SyncGroupResult synced)
    {
        if (synced.ErrorCode != 0)
        {
            Lose((ErrorCode)synced.ErrorCode);
            return;
        }

        Epoch = _generation;
        Owned = EmbeddedConsumerProtocol.ToPartitions(
            EmbeddedConsumerProtocol.TryReadAssignment(synced.Assignment)!.AssignedPartitions.Select(t => (t.Topic, t.Partitions)),
            group.FakeTopics);
    }

    private void Lose(ErrorCode error) =>
        Forget(keepsId: error is not (ErrorCode.UnknownMemberId or ErrorCode.FencedInstanceId));

    private void Forget(bool keepsId)
    {
        (_joining, _syncing, _joined, _generation, Epoch, Owned) = (null, null, null, -1, -1, PartitionSet.Empty);
        Id = keepsId ? Id : "";
    }

    private void Join()
    {
        var call = new JoinGroupCall
        {
            GroupId = "g",
            MemberId = Id,
            SessionTimeoutMs = 10_000,
            RebalanceTimeoutMs = 15_000,
            ProtocolType = EmbeddedConsumerProtocol.Type,
            RequiresKnownMemberId = true,
            SupportsSkippingAssignment = true,
            Protocols = { new GroupProtocol { Name = "range", Metadata = Subscription() } },
        };
        if (instanceId is not null)
        {
            call.GroupInstanceId = instanceId;
        }

        Forget(keepsId: true);
        _joining = new Reply<JoinGroupResult>();
        group.Core.Join(call, group.NextId(), group.Limits, group.NowMs, _joining);
    }

    private void Sync(int generation)
    {
        var call = new SyncGroupCall { GroupId = "g", MemberId = Id, GenerationId = generation };
        if (instanceId is not null)
        {
            call.GroupInstanceId = instanceId;
        }

        if (Leads && !_joined!.SkipAssignment)
        {
            _plannedVersion = group.FakeTopics.Version;
            call.Assignments.AddRange(Plan(_joined!));
        }

        var syncing = new Reply<SyncGroupResult>();
        group.Core.Sync(call, group.NowMs, syncing);
        if (generation == _generation)
        {
            _syncing = syncing;
        }
    }

    private ErrorCode Heartbeat(int generation)
    {
        var call = new HeartbeatCall { GroupId = "g", MemberId = Id, GenerationId = generation };
        if (instanceId is not null)
        {
            call.GroupInstanceId = instanceId;
        }

        return group.Core.Heartbeat(call, group.NowMs);
    }

    // Each topic's partitions in turn to those who read it.
    private IEnumerable<MemberAssignment> Plan(JoinGroupResult joined)
    {
        var readers = joined.Members.Select(m => EmbeddedConsumerProtocol.TryReadSubscription(m.Metadata)!.Topics).ToList();
        var given = joined.Members.Select(_ => new List<TopicIdPartition>()).ToList();
        foreach (var name in readers.SelectMany(topics => topics).Distinct())
        {
            var those = Enumerable.Range(0, readers.Count).Where(i => readers[i].Contains(name)).ToList();
            var topic = group.FakeTopics.Find(name)!.Value;
            for (var partition = 0; partition < topic.PartitionCount; partition++)
            {
                given[those[partition % those.Count]].Add(new TopicIdPartition(topic.Id, partition));
            }
        }

        return joined.Members.Select((member, i) => new MemberAssignment
        {
            MemberId = member.MemberId,
            Assignment = EmbeddedConsumerProtocol.WriteAssignment(PartitionSet.Of(given[i]), group.FakeTopics, member.Metadata),
        });
    }

    private ByteString Subscription()
    {
        var bytes = new ArrayBufferWriter<byte>();
        var writer = new WireWriter(bytes);
        writer.WriteInt16(1);
        new ConsumerProtocolSubscription { Topics = [.. TopicNames] }.Write(ref writer, 1);
        writer.Flush();
        return ByteString.CopyFrom(bytes.WrittenSpan);
    }
}
