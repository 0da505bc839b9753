using Spillway.Kafka.Errors;
using Spillway.Metadata.Groups;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.ConsumerGroups;

/// <summary>Members of the classic protocol are not taken yet.</summary>
internal sealed partial class ConsumerGroupCore
{
    private GroupWrite? _downgrade;

    public void Join(JoinGroupCall call, string newMemberId, GroupLimits limits, long nowMs, Reply<JoinGroupResult> reply)
    {
        if (_members.Count == 0 && IsIdle)
        {
            var classic = GroupCore.Succeed(_groupId, _groupEpoch);
            Successor = classic;
            classic.Join(call, newMemberId, limits, nowMs, reply);
            return;
        }

        reply.Set(new JoinGroupResult
        {
            ErrorCode = (int)ErrorCode.InconsistentGroupProtocol, GenerationId = -1, MemberId = call.MemberId,
        });
    }

    public void Sync(SyncGroupCall call, long nowMs, Reply<SyncGroupResult> reply) =>
        reply.Set(new SyncGroupResult { ErrorCode = (int)ErrorCode.UnknownMemberId });

    public ErrorCode Heartbeat(HeartbeatCall call, long nowMs) => ErrorCode.UnknownMemberId;

    public void Leave(LeaveGroupCall call, long nowMs, Reply<LeaveGroupResult> reply)
    {
        var result = new LeaveGroupResult();
        foreach (var member in call.Members)
        {
            result.Members.Add(new LeftMember { MemberId = member.MemberId, ErrorCode = (int)ErrorCode.UnknownMemberId });
        }

        reply.Set(result);
    }

    private bool TryDowngradeWithout(ConsumerMember member, long nowMs) => _downgrade is not null && nowMs < 0 && member.IsAway;
}
