using Spillway.Kafka;
using Spillway.Kafka.Errors;
using Spillway.Metadata.ConsumerGroups;
using Spillway.Metadata.Groups;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Tests.ConsumerGroups;

/// <summary>A consumer of the new protocol: remembers what it was told and can do the next step by itself.</summary>
internal sealed class ConsumerTestMember(ConsumerGroupContext context, string id, string? instanceId)
{
    private bool _saysAll;

    public string Id => id;

    public string? InstanceId => instanceId;

    public int Epoch { get; set; }

    public string[]? TopicNames { get; set; }

    public string? Regex { get; set; }

    public string? Assignor { get; set; }

    public int RebalanceTimeoutMs { get; init; } = 60_000;

    public PartitionSet Owned { get; private set; } = PartitionSet.Empty;

    /// <summary>It has not given up what it was told to.</summary>
    public bool RevokesSlowly { get; set; }

    public PartitionSet Wanted { get; private set; } = PartitionSet.Empty;

    public ConsumerHeartbeatResult? Last { get; private set; }

    public ErrorCode Error => (ErrorCode)Last!.ErrorCode;

    public int[] Partitions => [.. Owned.Select(p => p.Partition)];

    public int[] Assigned => [.. PartitionSet.Read(Last!.Assignment.Partitions).Select(p => p.Partition)];

    /// <summary>Everything it may say; what it owns only if it is asked to.</summary>
    public ConsumerHeartbeatResult? Join() => Send(MemberEpochs.Join, all: true, owned: PartitionSet.Empty);

    /// <summary>Only that it is there.</summary>
    public ConsumerHeartbeatResult? Beat(int? epoch = null) => Send(epoch ?? Epoch, all: false, owned: null);

    public ConsumerHeartbeatResult? BeatOwning(PartitionSet owned, int? epoch = null) => Send(epoch ?? Epoch, all: false, owned);

    /// <summary>After an error a client says everything again.</summary>
    public ConsumerHeartbeatResult? BeatSayingAll(int? epoch = null) => Send(epoch ?? Epoch, all: true, Owned);

    public ConsumerHeartbeatResult? Leave(bool forAWhile = false)
    {
        var result = Send(forAWhile ? MemberEpochs.LeaveForAWhile : MemberEpochs.Leave, all: false, owned: null);
        (Epoch, Owned, Wanted) = (0, PartitionSet.Empty, PartitionSet.Empty);
        return result;
    }

    public ConsumerHeartbeatResult? Send(int epoch, bool all, PartitionSet? owned, Action<ConsumerHeartbeatCall>? change = null)
    {
        var call = new ConsumerHeartbeatCall
        {
            GroupId = "g", MemberId = id, MemberEpoch = epoch, RebalanceTimeoutMs = -1, ClientId = "c", ClientHost = "/127.0.0.1",
        };
        if (instanceId is not null)
        {
            call.GroupInstanceId = instanceId;
        }

        if (all)
        {
            call.RebalanceTimeoutMs = RebalanceTimeoutMs;
            call.HasTopicNames = TopicNames is not null;
            call.TopicNames.AddRange(TopicNames ?? []);
            if (Regex is not null)
            {
                call.TopicRegex = Regex;
            }

            if (Assignor is not null)
            {
                call.ServerAssignor = Assignor;
            }
        }

        if (owned is not null)
        {
            call.HasOwned = true;
            owned.WriteTo(call.Owned);
        }

        change?.Invoke(call);
        Last = null;
        var reply = new Reply<ConsumerHeartbeatResult>();
        var (error, message) = ConsumerHeartbeatRules.Check(call, context.Limits.Consumer);
        if (error != ErrorCode.None)
        {
            return Last = new ConsumerHeartbeatResult { ErrorCode = (int)error, ErrorMessage = message };
        }

        context.Core.ConsumerHeartbeat(call, context.Limits, context.Topics, context.NowMs, reply);
        context.Write();
        Answered = reply.Task;
        return Look();
    }

    public Task<ConsumerHeartbeatResult>? Answered { get; private set; }

    /// <summary>Takes the answer, if it is there.</summary>
    public ConsumerHeartbeatResult? Look()
    {
        if (Answered is { IsCompletedSuccessfully: true } answered && Last is null)
        {
            Last = answered.Result;
            if (Error == ErrorCode.None && Last.MemberEpoch >= 0)
            {
                Epoch = Last.MemberEpoch;
                Wanted = Last.Assignment is null ? Wanted : PartitionSet.Read(Last.Assignment.Partitions);
            }
        }

        return Last;
    }

    /// <summary>The next thing that a sound client would do: revoke, take, tell, or join again after it was turned out.</summary>
    public void Proceed()
    {
        if (Epoch == 0)
        {
            Take(Join());
            return;
        }

        var revoked = Owned.Except(Wanted);
        if (revoked.Count > 0 && !RevokesSlowly)
        {
            Owned = Owned.Intersect(Wanted);
        }
        else if (revoked.Count == 0)
        {
            Owned = Wanted;
        }

        Take(_saysAll ? BeatSayingAll() : BeatOwning(Owned));
    }

    private void Take(ConsumerHeartbeatResult? result)
    {
        _saysAll = result is null || Error != ErrorCode.None;
        if (result is not null && Error is ErrorCode.FencedMemberEpoch or ErrorCode.UnknownMemberId)
        {
            (Epoch, Owned, Wanted) = (0, PartitionSet.Empty, PartitionSet.Empty);
        }
        else if (result is not null && Error == ErrorCode.None && Owned.IsSubsetOf(Wanted))
        {
            Owned = Wanted;
        }
    }

    public static PartitionSet Set(Guid topic, params int[] partitions) =>
        PartitionSet.Of(partitions.Select(p => new TopicIdPartition(topic, p)));
}
