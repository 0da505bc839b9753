using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.ConsumerGroups;

/// <summary>What survives of a member. Its parts are never changed, only replaced. Part of the state.</summary>
internal sealed class DurableConsumerMember(StoredConsumerMember member)
{
    public StoredConsumerMember Member { get; set; } = member;

    /// <summary>Null: none was computed since it came.</summary>
    public StoredTarget? Target { get; set; }

    public StoredAssignment? Assignment { get; set; }

    public int MemberEpoch => Assignment?.MemberEpoch ?? 0;
}
