using Spillway.Metadata.Groups;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.ConsumerGroups;

/// <summary>A member of a group of the consumer protocol: what it wants, and what it owns. Immutable.</summary>
internal sealed record ConsumerMember
{
    public required string Id { get; init; }

    /// <summary>Null: not a static member.</summary>
    public string? InstanceId { get; init; }

    public string? RackId { get; init; }

    public int RebalanceTimeoutMs { get; init; } = -1;

    public string ClientId { get; init; } = "";

    public string ClientHost { get; init; } = "";

    /// <summary>Null: it takes any.</summary>
    public string? ServerAssignor { get; init; }

    /// <summary>In ordinal order, without doubles.</summary>
    public IReadOnlyList<string> TopicNames { get; init; } = [];

    /// <summary>Null or empty: none.</summary>
    public string? TopicRegex { get; init; }

    /// <summary>Not null: it speaks the classic protocol.</summary>
    public StoredClassicSubscription? Classic { get; init; }

    /// <summary>0: it has just come. -2: a static member that will be back.</summary>
    public int MemberEpoch { get; init; }

    public int PreviousMemberEpoch { get; init; }

    public ReconciliationState State { get; init; }

    public PartitionSet Assigned { get; init; } = PartitionSet.Empty;

    /// <summary>It may still own these, and nobody else may.</summary>
    public PartitionSet PendingRevocation { get; init; } = PartitionSet.Empty;

    public bool IsAway => MemberEpoch == MemberEpochs.LeaveForAWhile;

    public bool IsReconciledTo(int assignmentEpoch) =>
        State == ReconciliationState.Stable && MemberEpoch == assignmentEpoch;

    public bool HasSameSubscriptionAs(ConsumerMember other) =>
        (TopicRegex ?? "") == (other.TopicRegex ?? "") && TopicNames.SequenceEqual(other.TopicNames, StringComparer.Ordinal);

    /// <summary>All that a heartbeat or a join may say about it is the same.</summary>
    public bool HasSameMetadataAs(ConsumerMember other) =>
        HasSameSubscriptionAs(other)
        && (InstanceId, RackId, RebalanceTimeoutMs, ServerAssignor) == (other.InstanceId, other.RackId, other.RebalanceTimeoutMs, other.ServerAssignor)
        && (ClientId, ClientHost) == (other.ClientId, other.ClientHost)
        && Equals(Classic, other.Classic);

    public bool HasSameAssignmentAs(ConsumerMember other) =>
        (MemberEpoch, PreviousMemberEpoch, State) == (other.MemberEpoch, other.PreviousMemberEpoch, other.State)
        && Assigned.Equals(other.Assigned)
        && PendingRevocation.Equals(other.PendingRevocation);

    /// <summary>The epoch before is remembered: the answer that told of the new one may be lost.</summary>
    public ConsumerMember AtEpoch(int memberEpoch) => memberEpoch == MemberEpoch
        ? this
        : this with { MemberEpoch = memberEpoch, PreviousMemberEpoch = MemberEpoch };

    /// <summary>As its heartbeat says; what is left out is as before.</summary>
    public ConsumerMember With(ConsumerHeartbeatCall call) => this with
    {
        InstanceId = call.HasGroupInstanceId ? call.GroupInstanceId : InstanceId,
        RackId = call.HasRackId ? call.RackId : RackId,
        RebalanceTimeoutMs = call.RebalanceTimeoutMs == -1 ? RebalanceTimeoutMs : call.RebalanceTimeoutMs,
        ServerAssignor = call.HasServerAssignor ? call.ServerAssignor : ServerAssignor,
        TopicNames = call.HasTopicNames ? InOrder(call.TopicNames) : TopicNames,
        TopicRegex = call.HasTopicRegex ? call.TopicRegex : TopicRegex,
        ClientId = call.ClientId,
        ClientHost = call.ClientHost,
        Classic = null,
    };

    public StoredConsumerMember ToMember()
    {
        var stored = new StoredConsumerMember
        {
            MemberId = Id,
            RebalanceTimeoutMs = RebalanceTimeoutMs,
            ClientId = ClientId,
            ClientHost = ClientHost,
            Classic = Classic,
            SubscribedTopics = { TopicNames },
        };
        if (InstanceId is not null)
        {
            stored.GroupInstanceId = InstanceId;
        }

        if (RackId is not null)
        {
            stored.RackId = RackId;
        }

        if (ServerAssignor is not null)
        {
            stored.ServerAssignor = ServerAssignor;
        }

        if (TopicRegex is not null)
        {
            stored.SubscribedRegex = TopicRegex;
        }

        return stored;
    }

    public StoredAssignment ToAssignment()
    {
        var stored = new StoredAssignment
        {
            MemberId = Id,
            MemberEpoch = MemberEpoch,
            PreviousMemberEpoch = PreviousMemberEpoch,
            State = (StoredAssignment.Types.State)State,
        };
        Assigned.WriteTo(stored.Assigned);
        PendingRevocation.WriteTo(stored.PendingRevocation);
        return stored;
    }

    public static ConsumerMember Restore(StoredConsumerMember member, StoredAssignment? assignment) => new()
    {
        Id = member.MemberId,
        InstanceId = member.HasGroupInstanceId ? member.GroupInstanceId : null,
        RackId = member.HasRackId ? member.RackId : null,
        RebalanceTimeoutMs = member.RebalanceTimeoutMs,
        ClientId = member.ClientId,
        ClientHost = member.ClientHost,
        ServerAssignor = member.HasServerAssignor ? member.ServerAssignor : null,
        TopicNames = [.. member.SubscribedTopics],
        TopicRegex = member.HasSubscribedRegex ? member.SubscribedRegex : null,
        Classic = member.Classic,
        MemberEpoch = assignment?.MemberEpoch ?? 0,
        PreviousMemberEpoch = assignment?.PreviousMemberEpoch ?? 0,
        State = (ReconciliationState)(assignment?.State ?? 0),
        Assigned = assignment is null ? PartitionSet.Empty : PartitionSet.Read(assignment.Assigned),
        PendingRevocation = assignment is null ? PartitionSet.Empty : PartitionSet.Read(assignment.PendingRevocation),
    };

    /// <summary>
    /// A member of a classic group as it goes over: stable in its generation, with what it was given, and what it said that it owns where the
    /// generation was not complete. Null: it did not write what consumers write.
    /// </summary>
    public static ConsumerMember? TryUpgrade(GroupMember member, GroupCore classic, IGroupTopics topics)
    {
        var protocol = member.Protocols.FirstOrDefault(p => p.Name == classic.ProtocolName) ?? member.Protocols[0];
        if (EmbeddedConsumerProtocol.TryReadSubscription(protocol.Metadata) is not { } subscription
            || EmbeddedConsumerProtocol.TryReadAssignment(member.Assignment) is not { } assignment)
        {
            return null;
        }

        var owned = EmbeddedConsumerProtocol.ToPartitions(assignment.AssignedPartitions.Select(t => (t.Topic, t.Partitions)), topics);
        if (classic.State != GroupState.Stable)
        {
            owned = owned.Union(EmbeddedConsumerProtocol.ToPartitions(
                subscription.OwnedPartitions.Select(t => (t.Topic, t.Partitions)), topics));
        }

        return new ConsumerMember
        {
            Id = member.Id,
            InstanceId = member.InstanceId,
            RackId = string.IsNullOrEmpty(subscription.RackId) ? null : subscription.RackId,
            RebalanceTimeoutMs = member.RebalanceTimeoutMs,
            ClientId = member.ClientId,
            ClientHost = member.ClientHost,
            TopicNames = InOrder(subscription.Topics),
            Classic = new StoredClassicSubscription
            {
                SessionTimeoutMs = member.SessionTimeoutMs,

                // The one in use first: it is what the member is told that it speaks.
                Protocols = { member.Protocols.OrderBy(p => p.Name != protocol.Name) },
            },
            MemberEpoch = classic.GenerationId,
            PreviousMemberEpoch = classic.GenerationId,
            Assigned = owned,
        };
    }

    public static IReadOnlyList<string> InOrder(IEnumerable<string> topicNames) =>
        [.. topicNames.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
}
