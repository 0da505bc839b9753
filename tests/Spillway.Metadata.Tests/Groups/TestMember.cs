using Google.Protobuf;
using Spillway.Kafka.Errors;
using Spillway.Metadata.Groups;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Tests.Groups;

/// <summary>A client of a group: remembers what it was told and can do the next step by itself.</summary>
internal sealed class TestMember(GroupTestContext context, string? instanceId, (string Name, string Metadata)[] protocols)
{
    private Reply<JoinGroupResult>? _joining;
    private Reply<SyncGroupResult>? _syncing;

    public string Id { get; set; } = "";

    public int Generation { get; set; } = -1;

    public int SessionTimeoutMs { get; init; } = 10_000;

    public int RebalanceTimeoutMs { get; init; } = 60_000;

    public string ProtocolType { get; init; } = "consumer";

    public bool KnowsTwoSteps { get; init; }

    public bool SkipsAssignment { get; init; }

    public (string Name, string Metadata)[] Protocols { get; set; } = protocols;

    /// <summary>What the last join said, null while it waits.</summary>
    public JoinGroupResult? Joined => Read(_joining?.Task);

    public SyncGroupResult? Synced => Read(_syncing?.Task);

    public ErrorCode JoinError => (ErrorCode)Joined!.ErrorCode;

    public ErrorCode SyncError => (ErrorCode)Synced!.ErrorCode;

    public bool IsLeader => Joined is { ErrorCode: 0 } joined && joined.Leader == joined.MemberId;

    public string Assignment => Synced!.Assignment.ToStringUtf8();

    public bool NeedsToJoin { get; set; } = true;

    public JoinGroupResult? Join()
    {
        var call = new JoinGroupCall
        {
            GroupId = "g",
            MemberId = Id,
            SessionTimeoutMs = SessionTimeoutMs,
            RebalanceTimeoutMs = RebalanceTimeoutMs,
            ProtocolType = ProtocolType,
            ClientId = "c",
            ClientHost = "/127.0.0.1",
            RequiresKnownMemberId = KnowsTwoSteps,
            SupportsSkippingAssignment = SkipsAssignment,
            Protocols = { Protocols.Select(GroupTestContext.Protocol) },
        };
        if (instanceId is not null)
        {
            call.GroupInstanceId = instanceId;
        }

        NeedsToJoin = false;
        _syncing = null;
        _joining = new Reply<JoinGroupResult>();
        context.Core.Join(call, context.NextId(instanceId ?? "c"), context.Limits, context.NowMs, _joining);
        context.Write();
        return Joined;
    }

    /// <summary>The leader gives everybody "generation:its id".</summary>
    public SyncGroupResult? Sync(string? protocolName = null, string? protocolType = null)
    {
        if (Joined is { ErrorCode: 0 } joined)
        {
            (Id, Generation) = (joined.MemberId, joined.GenerationId);
        }

        var call = new SyncGroupCall { GroupId = "g", MemberId = Id, GenerationId = Generation };
        if (instanceId is not null)
        {
            call.GroupInstanceId = instanceId;
        }

        if (protocolName is not null)
        {
            call.ProtocolName = protocolName;
        }

        if (protocolType is not null)
        {
            call.ProtocolType = protocolType;
        }

        if (IsLeader)
        {
            call.Assignments.AddRange(Joined!.Members.Select(m => new MemberAssignment
            {
                MemberId = m.MemberId, Assignment = ByteString.CopyFromUtf8($"{Generation}:{m.MemberId}"),
            }));
        }

        _syncing = new Reply<SyncGroupResult>();
        context.Core.Sync(call, context.NowMs, _syncing);
        context.Write();
        return Synced;
    }

    public ErrorCode Heartbeat()
    {
        var call = new HeartbeatCall { GroupId = "g", MemberId = Id, GenerationId = Generation };
        if (instanceId is not null)
        {
            call.GroupInstanceId = instanceId;
        }

        return context.Core.Heartbeat(call, context.NowMs);
    }

    public ErrorCode Leave(bool byInstance = false)
    {
        var leaving = new LeavingMember { MemberId = byInstance ? "" : Id };
        if (instanceId is not null)
        {
            leaving.GroupInstanceId = instanceId;
        }

        var result = context.Core.Leave(new LeaveGroupCall { GroupId = "g", Members = { leaving } }, context.NowMs);
        context.Write();
        return (ErrorCode)Assert.Single(result.Members).ErrorCode;
    }

    public ErrorCode CheckCommit(int? generation = null)
    {
        var call = new CommitOffsetsCall { GroupId = "g", MemberId = Id, GenerationId = generation ?? Generation };
        if (instanceId is not null)
        {
            call.GroupInstanceId = instanceId;
        }

        return context.Core.CheckCommit(call, context.NowMs);
    }

    /// <summary>The next thing that a real client would do, if there is any.</summary>
    public void Proceed()
    {
        if (!NeedsToJoin && _joining is { } && Joined is null)
        {
            return;
        }

        if (!NeedsToJoin && Joined is { } joined && _syncing is null)
        {
            switch ((ErrorCode)joined.ErrorCode)
            {
                case ErrorCode.None:
                    Sync();
                    return;
                case ErrorCode.MemberIdRequired:
                    Id = joined.MemberId;
                    break;
                case ErrorCode.UnknownMemberId:
                    Id = "";
                    break;
            }

            NeedsToJoin = true;
        }

        if (!NeedsToJoin && Synced is { } synced && synced.ErrorCode != 0)
        {
            Id = (ErrorCode)synced.ErrorCode == ErrorCode.UnknownMemberId ? "" : Id;
            NeedsToJoin = true;
        }

        if (!NeedsToJoin && Synced is { })
        {
            var error = Heartbeat();
            Id = error == ErrorCode.UnknownMemberId ? "" : Id;
            NeedsToJoin = error != ErrorCode.None;
        }

        if (NeedsToJoin)
        {
            Join();
        }
    }

    private static T? Read<T>(Task<T>? task)
        where T : class => task is { IsCompletedSuccessfully: true } ? task.Result : null;
}
