using Spillway.Conformance.Tests.Cases;
using Spillway.Conformance.Tests.Wire;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Groups;

/// <summary>A member of a classic group, on a connection of its own: joins wait, and while they do, others have to be asked.</summary>
internal sealed class TestMember(KafkaWire wire, string groupId, string? instanceId = null)
{
    public const string ProtocolType = "consumer";

    private const short JoinVersion = 9;
    private const short SyncVersion = 5;

    public KafkaWire Wire => wire;

    public string GroupId => groupId;

    public string? InstanceId => instanceId;

    public string MemberId { get; private set; } = "";

    public int GenerationId { get; private set; } = -1;

    public string? ProtocolName { get; private set; }

    public bool IsLeader { get; private set; }

    /// <summary>A new group whose only member has its assignment.</summary>
    public static async Task<TestMember> InStableGroupAsync(CaseRun run, string? instanceId = null, int sessionTimeoutMs = 10_000)
    {
        var member = new TestMember(await run.OpenAsync(), CaseRun.NewName("group"), instanceId);
        await member.JoinAsync(sessionTimeoutMs);
        await member.SyncAsync();
        return member;
    }

    /// <summary>Another member, once all the others, whose leader is the first, have joined again.</summary>
    public static async Task<TestMember> AddAsync(CaseRun run, params IReadOnlyList<TestMember> members)
    {
        var added = new TestMember(await run.OpenAsync(), members[0].GroupId);
        var joining = added.JoinAsync();
        await members[0].WhenAsync(await run.OpenAsync(), "PreparingRebalance");
        await Task.WhenAll(members.Select(static member => member.JoinAsync()));
        await joining;
        return added;
    }

    /// <summary>A join with these protocols, the favourite first; each one's metadata is its name.</summary>
    public static JoinGroupRequest JoinOf(string groupId, string memberId, params string[] protocols)
    {
        var request = new JoinGroupRequest
        {
            GroupId = groupId, MemberId = memberId, SessionTimeoutMs = 10_000, RebalanceTimeoutMs = 10_000, ProtocolType = ProtocolType,
        };
        request.Protocols.AddRange(protocols.Select(static name => new JoinGroupRequest.JoinGroupRequestProtocol
        {
            Name = name, Metadata = System.Text.Encoding.UTF8.GetBytes(name),
        }));
        return request;
    }

    /// <summary>Joins, for the first time in two steps (KIP-394), and waits until the generation is complete.</summary>
    public async Task<JoinGroupResponse> JoinAsync(int sessionTimeoutMs = 10_000, params string[] protocols)
    {
        var request = JoinOf(groupId, MemberId, protocols.Length == 0 ? ["range"] : protocols);
        (request.SessionTimeoutMs, request.GroupInstanceId) = (sessionTimeoutMs, instanceId);
        var answer = await wire.AskAsync<JoinGroupResponse>(request, JoinVersion);
        if ((ErrorCode)answer.ErrorCode == ErrorCode.MemberIdRequired)
        {
            request.MemberId = answer.MemberId;
            answer = await wire.AskAsync<JoinGroupResponse>(request, JoinVersion);
        }

        Expect.NoError(answer.ErrorCode);
        (MemberId, GenerationId, ProtocolName) = (answer.MemberId, answer.GenerationId, answer.ProtocolName);
        IsLeader = answer.Leader == MemberId;
        return answer;
    }

    /// <summary>Syncs, with an assignment for each of the members: its own id.</summary>
    public async Task<SyncGroupResponse> SyncAsync(params TestMember[] members)
    {
        var request = SyncOf();
        foreach (var member in IsLeader ? members.Append(this) : [])
        {
            request.Assignments.Add(new() { MemberId = member.MemberId, Assignment = System.Text.Encoding.UTF8.GetBytes(member.MemberId) });
        }

        var answer = await wire.AskAsync<SyncGroupResponse>(request, SyncVersion);
        Expect.NoError(answer.ErrorCode);
        return answer;
    }

    public SyncGroupRequest SyncOf() => new()
    {
        GroupId = groupId,
        MemberId = MemberId,
        GenerationId = GenerationId,
        GroupInstanceId = instanceId,
        ProtocolType = ProtocolType,
        ProtocolName = ProtocolName ?? "range",
    };

    public async Task<ErrorCode> HeartbeatAsync()
    {
        var request = new HeartbeatRequest
        {
            GroupId = groupId, MemberId = MemberId, GenerationId = GenerationId, GroupInstanceId = instanceId,
        };
        return (ErrorCode)(await wire.AskAsync<HeartbeatResponse>(request, 4)).ErrorCode;
    }

    public async Task LeaveAsync()
    {
        var request = new LeaveGroupRequest { GroupId = groupId, Members = { new() { MemberId = MemberId } } };
        Expect.NoError((await wire.AskAsync<LeaveGroupResponse>(request, 5)).Members[0].ErrorCode);
    }

    /// <summary>How the group is described.</summary>
    public async Task<DescribeGroupsResponse.DescribedGroup> DescribeAsync(KafkaWire from) =>
        Assert.Single((await from.AskAsync<DescribeGroupsResponse>(new DescribeGroupsRequest { Groups = { groupId } }, 5)).Groups);

    /// <summary>Waits until the group has this state; others join and leave meanwhile.</summary>
    public async Task WhenAsync(KafkaWire from, string state)
    {
        var began = TimeProvider.System.GetTimestamp();
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while ((await DescribeAsync(from)).GroupState != state)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromMinutes(1), $"{groupId} does not get {state}");
            await pause.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }
}
