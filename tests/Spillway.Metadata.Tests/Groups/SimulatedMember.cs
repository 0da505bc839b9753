using Spillway.Kafka.Errors;
using Spillway.Metadata.Groups;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Tests.Groups;

/// <summary>A client that dies, sleeps, comes back, repeats itself and sends what is out of date.</summary>
internal sealed class SimulatedMember(SimulatedGroup group, Random random, string? instanceId)
{
    private Reply<JoinGroupResult>? _joining;
    private Reply<SyncGroupResult>? _syncing;
    private JoinGroupResult? _joined;
    private string _id = "";
    private int _generation = -1;
    private int _syncGeneration;

    /// <summary>Of the last assignment; -1: it has none.</summary>
    public int SyncedGeneration { get; private set; } = -1;

    public void Step()
    {
        switch (random.Next(24))
        {
            case 0:
                Die();
                break;
            case 1:
                Join();
                break;
            case 2:
                Sync(_generation);
                break;
            case 3:
                Sync(_generation - 1);
                break;
            case 4:
                Heartbeat(_generation - 1);
                break;
            case 5:
                Leave();
                break;
            case < 9:
                group.Commit(_id, instanceId, Math.Max(_generation - random.Next(2), -1));
                break;
            default:
                Behave();
                break;
        }
    }

    /// <summary>Reads what has been answered.</summary>
    public void Look()
    {
        if (_joining is { Task.IsCompletedSuccessfully: true } joining)
        {
            _joining = null;
            var joined = joining.Task.Result;
            _joined = joined.ErrorCode == 0 ? joined : null;
            _generation = joined.ErrorCode == 0 ? joined.GenerationId : -1;
            switch ((ErrorCode)joined.ErrorCode)
            {
                case ErrorCode.None:
                    _id = joined.MemberId;
                    group.Joined(joined);
                    break;
                case ErrorCode.MemberIdRequired:
                    _id = joined.MemberId;
                    break;
                default:
                    Forget((ErrorCode)joined.ErrorCode);
                    break;
            }
        }

        if (_syncing is { Task.IsCompletedSuccessfully: true } syncing)
        {
            _syncing = null;
            var synced = syncing.Task.Result;
            if (synced.ErrorCode == 0)
            {
                SyncedGeneration = _syncGeneration;
                group.Synced(_id, _syncGeneration, synced);
            }
            else
            {
                Forget((ErrorCode)synced.ErrorCode);
                _joined = null;
            }
        }
    }

    /// <summary>What a sound client would do next.</summary>
    public void Behave()
    {
        if (_joining is not null || _syncing is not null)
        {
            return;
        }

        if (_joined is null)
        {
            Join();
        }
        else if (SyncedGeneration != _generation)
        {
            Sync(_generation);
        }
        else if (Heartbeat(_generation) is var error and not ErrorCode.None)
        {
            Forget(error);
            _joined = null;
        }
    }

    private void Forget(ErrorCode error)
    {
        SyncedGeneration = -1;
        if (error is ErrorCode.UnknownMemberId or ErrorCode.FencedInstanceId or ErrorCode.GroupMaxSizeReached)
        {
            _id = "";
        }
    }

    private void Die()
    {
        (_joining, _syncing, _joined) = (null, null, null);
        (_id, _generation, SyncedGeneration) = ("", -1, -1);
    }

    private void Join()
    {
        var call = new JoinGroupCall
        {
            GroupId = "g",
            MemberId = _id,
            SessionTimeoutMs = 10_000,
            RebalanceTimeoutMs = 15_000,
            ProtocolType = "consumer",
            RequiresKnownMemberId = random.Next(4) != 0,
            SupportsSkippingAssignment = random.Next(2) == 0,
        };
        if (instanceId is not null)
        {
            call.GroupInstanceId = instanceId;
        }

        call.Protocols.Add(GroupTestContext.Protocol(("range", random.Next(10) == 0 ? "b" : "a")));
        if (random.Next(10) == 0)
        {
            call.Protocols.Insert(0, GroupTestContext.Protocol(("sticky", "")));
        }

        (_joined, _syncing, SyncedGeneration) = (null, null, -1);
        _joining = new Reply<JoinGroupResult>();
        group.Core.Join(call, group.NextId(), group.Limits, group.NowMs, _joining);
    }

    private void Sync(int generation)
    {
        var call = new SyncGroupCall { GroupId = "g", MemberId = _id, GenerationId = generation };
        if (instanceId is not null)
        {
            call.GroupInstanceId = instanceId;
        }

        if (_joined is { SkipAssignment: false } joined && joined.Leader == joined.MemberId)
        {
            call.Assignments.AddRange(group.MakePlan(joined));
        }

        _syncGeneration = generation;
        _syncing = new Reply<SyncGroupResult>();
        group.Core.Sync(call, group.NowMs, _syncing);
    }

    private ErrorCode Heartbeat(int generation)
    {
        var call = new HeartbeatCall { GroupId = "g", MemberId = _id, GenerationId = generation };
        if (instanceId is not null)
        {
            call.GroupInstanceId = instanceId;
        }

        return group.Core.Heartbeat(call, group.NowMs);
    }

    private void Leave()
    {
        var leaving = new LeavingMember { MemberId = _id };
        if (instanceId is not null)
        {
            leaving.GroupInstanceId = instanceId;
        }

        group.Core.Leave(new LeaveGroupCall { GroupId = "g", Members = { leaving } }, group.NowMs);
        _joined = null;
        SyncedGeneration = -1;
    }
}
