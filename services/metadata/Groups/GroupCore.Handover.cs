using Spillway.Kafka.Errors;
using Spillway.Metadata.ConsumerGroups;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Groups;

/// <summary>How a group goes over from the consumer protocol, and to it (KIP-848).</summary>
internal sealed partial class GroupCore
{
    /// <summary>
    /// Of the group of the consumer protocol that is durable until this one first writes, by which it goes on if it is the consumer protocol's
    /// again before; else 0.
    /// </summary>
    public long ReplacedRevision { get; private set; }

    /// <summary>Goes on for a group without members that spoke the consumer protocol: generations go on from its epochs.</summary>
    public static GroupCore Succeed(string groupId, int generationId, long revision) =>
        new(groupId) { GenerationId = generationId, _replacesConsumer = true, ReplacedRevision = revision };

    /// <summary>Goes on for members whose group spoke the consumer protocol, with a rebalance.</summary>
    public static GroupCore Downgrade(
        string groupId, int generationId, IReadOnlyList<GroupMember> members, long nowMs, Action<ErrorCode, long> done)
    {
        var core = Succeed(groupId, generationId, revision: 0);
        core.ProtocolType = EmbeddedConsumerProtocol.Type;
        foreach (var member in members)
        {
            core._members.Add(member);
            Touch(member, nowMs);
        }

        if (members.Count > 0)
        {
            core._leaderId = members[0].Id;
            core.ProtocolName = core._members.SelectProtocol();
            core.State = GroupState.Stable;
        }

        core._whenTakenOver = done;
        core._writes.Enqueue(new GroupWrite(core.ToRecord(static m => m.Assignment), done));
        if (members.Count > 0)
        {
            core.PrepareRebalance(initialDelayMs: 0, nowMs);
        }

        return core;
    }

    public void ConsumerHeartbeat(
        ConsumerHeartbeatCall call, GroupLimits limits, IGroupTopics topics, long nowMs, Reply<ConsumerHeartbeatResult> reply)
    {
        DeadlinesChanged = true;
        if (State == GroupState.Dead)
        {
            reply.Set(new ConsumerHeartbeatResult { ErrorCode = (int)ErrorCode.NotCoordinator });
        }
        else if (call.MemberEpoch == MemberEpochs.Join && TryUpgrade(limits, topics, nowMs))
        {
            Successor!.ConsumerHeartbeat(call, limits, topics, nowMs, reply);
        }
        else
        {
            reply.Set(new ConsumerHeartbeatResult
            {
                ErrorCode = (int)ErrorCode.GroupIdNotFound, ErrorMessage = $"Group {GroupId} is not a consumer group.",
            });
        }
    }

    /// <summary>
    /// The first member of the consumer protocol takes the group over. Those who wait for a generation are told to join again: they are
    /// members still.
    /// </summary>
    private bool TryUpgrade(GroupLimits limits, IGroupTopics topics, long nowMs)
    {
        if (_members.Count == 0)
        {
            Successor = ConsumerGroupCore.Succeed(this, topics, limits);
        }
        else if (limits.Consumer.MayUpgrade
            && ProtocolType == EmbeddedConsumerProtocol.Type
            && _members.Count <= limits.Consumer.SizeMax)
        {
            Successor = ConsumerGroupCore.TryUpgrade(this, topics, limits, nowMs);
        }

        if (Successor is not null)
        {
            _assigning = null;
            Abandon(ErrorCode.RebalanceInProgress);
        }

        return Successor is not null;
    }
}
