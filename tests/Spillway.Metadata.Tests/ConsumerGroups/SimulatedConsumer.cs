using Spillway.Kafka.Errors;
using Spillway.Metadata.ConsumerGroups;
using Spillway.Metadata.Groups;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Tests.ConsumerGroups;

/// <summary>A consumer that does what the protocol says, and now and then dies, sleeps, or sends what is out of date.</summary>
internal sealed class SimulatedConsumer(SimulatedConsumers group, Random random, string? instanceId) : ISimulatedClient
{
    private Reply<ConsumerHeartbeatResult>? _asked;
    private PartitionSet _wanted = PartitionSet.Empty;
    private bool _saysAll = true;
    private bool _leaves;
    private int _askedEpoch;
    private string[]? _saidTopics;

    public string Id { get; private set; } = group.NextId();

    public int Epoch { get; private set; }

    public PartitionSet Owned { get; private set; } = PartitionSet.Empty;

    public string[] TopicNames { get; private set; } = ["a", "b"];

    public void Step()
    {
        switch (random.Next(30))
        {
            case 0:
                Crash();
                break;
            case 1:
                Leave();
                break;
            case 2 when instanceId is not null:
                Send(MemberEpochs.LeaveForAWhile, all: false);
                break;
            case 3:
                // An old request that was on its way for long.
                SendStale();
                break;
            case 4:
                TopicNames = random.Next(2) == 0 ? ["a", "b"] : ["b", "c"];
                _saysAll = true;
                break;
            case 5:
                // It waited for an answer for too long.
                (_asked, _saysAll) = (null, true);
                GiveUpLeaving();
                break;
            case < 10:
                break;
            default:
                Behave();
                break;
        }
    }

    /// <summary>Reads what has been answered.</summary>
    public void Look()
    {
        if (_asked is not { Task.IsCompletedSuccessfully: true } asked)
        {
            return;
        }

        _asked = null;
        var result = asked.Task.Result;
        switch ((ErrorCode)result.ErrorCode)
        {
            case ErrorCode.None when result.MemberEpoch < 0:
                Forget();
                break;
            case ErrorCode.None:
                _saysAll = _saidTopics != TopicNames;
                Assert.True(_askedEpoch <= result.MemberEpoch, "An epoch that goes back.");
                Epoch = result.MemberEpoch;
                if (result.Assignment is not null)
                {
                    _wanted = PartitionSet.Read(result.Assignment.Partitions);
                    if (Owned.IsSubsetOf(_wanted))
                    {
                        Owned = _wanted;
                    }
                }

                break;
            case ErrorCode.NotCoordinator:
                _saysAll = true;
                GiveUpLeaving();
                break;
            default:
                Forget();
                break;
        }
    }

    /// <summary>What a sound client would do next.</summary>
    public void Behave()
    {
        if (_asked is not null)
        {
            return;
        }

        if (!group.IsMember(Id) && Epoch > 0)
        {
            Owned = PartitionSet.Empty;
        }

        if (Epoch > 0 && (random.Next(3) != 0 || _saysAll))
        {
            Owned = Owned.IsSubsetOf(_wanted) ? _wanted : Owned.Intersect(_wanted);
        }

        Send(Epoch, _saysAll || Epoch == 0);
    }

    public void Leave() => Send(MemberEpochs.Leave, all: false);

    // Whether it has left nobody knows; its process ends all the same.
    private void GiveUpLeaving()
    {
        if (_leaves)
        {
            Crash();
        }
    }

    private void Forget()
    {
        // Fenced or away: it has given up all before it comes again.
        (Epoch, Owned, _wanted, _saysAll) = (0, PartitionSet.Empty, PartitionSet.Empty, true);
        _leaves = false;
    }

    private void Crash()
    {
        Forget();
        _asked = null;
        Id = group.NextId();
    }

    private void SendStale()
    {
        var reply = new Reply<ConsumerHeartbeatResult>();
        var call = Call(Math.Max(Epoch - random.Next(3), 1));
        group.Core.ConsumerHeartbeat(call, group.Limits, group.FakeTopics, group.NowMs, reply);
    }

    private void Send(int epoch, bool all)
    {
        if (_leaves)
        {
            return;
        }

        _leaves = epoch < 0;
        if (_leaves)
        {
            // A client closes before it says so.
            Owned = _wanted = PartitionSet.Empty;
        }

        var call = Call(epoch);
        call.HasOwned = true;
        if (epoch > 0)
        {
            Owned.WriteTo(call.Owned);
        }

        if (all)
        {
            call.RebalanceTimeoutMs = 10_000;
            call.HasTopicNames = true;
            call.TopicNames.AddRange(TopicNames);
            _saidTopics = TopicNames;
        }

        _askedEpoch = epoch;
        _asked = new Reply<ConsumerHeartbeatResult>();
        group.Core.ConsumerHeartbeat(call, group.Limits, group.FakeTopics, group.NowMs, _asked);
    }

    private ConsumerHeartbeatCall Call(int epoch)
    {
        var call = new ConsumerHeartbeatCall { GroupId = "g", MemberId = Id, MemberEpoch = epoch, RebalanceTimeoutMs = -1 };
        if (instanceId is not null)
        {
            call.GroupInstanceId = instanceId;
        }

        return call;
    }
}
