using Google.Protobuf;
using Spillway.Metadata.Log;
using Spillway.Raft;
using Spillway.Raft.Transport;
using Spillway.Rpc;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Members;

/// <summary>Answers who the nodes of the metadata service are and who leads, and changes who belongs to it.</summary>
internal sealed class MembersService(
    IReplicatedLog log, IReplicatedGroup group, GroupIdentity identity, MetadataOptions options) : IMembersService
{
    public async Task<MembersStatusResult> StatusAsync(MembersStatusCall request, CancellationToken cancellationToken)
    {
        if (request.Brief)
        {
            // At once, whatever the log's thread is busy with. Who has no majority behind it does not call itself the leader.
            var leadership = log.Leadership;
            return ToResult(
                leadership.IsLeader && !log.LeadsWithQuorum
                    ? leadership with { Role = RaftRole.Candidate, LeaderId = 0, LeaderAddress = null }
                    : leadership,
                [.. group.Members.Select(static member => new GroupMemberStatus(member, null, null))]);
        }

        try
        {
            var status = await group.StatusAsync(cancellationToken);
            var result = ToResult(status.Leadership, status.Members);
            result.CommitIndex = status.CommitIndex;
            result.LastIndex = status.LastIndex;
            return result;
        }
        catch (ReplicatedLogException e)
        {
            throw LogFailures.ToRpc(e);
        }
    }

    public Task<MembersChangeResult> AddLearnerAsync(AddLearnerCall request, CancellationToken cancellationToken)
    {
        if (request.NodeId == 0 || !HostAndPort.TryParse(request.RaftAddress, out _)
            || !NeighbourOptions.IsAddress(request.ServiceAddress))
        {
            throw new RpcException(
                RpcStatusCode.InvalidArgument, "A member needs an id from 1, host:port of its Raft transport and the URL of its RPC.");
        }

        return ChangeAsync(
            ct => group.AddLearnerAsync(
                request.NodeId, request.RaftAddress, GroupSettings.Canonical(request.ServiceAddress), ct),
            cancellationToken);
    }

    public Task<MembersChangeResult> PromoteAsync(PromoteCall request, CancellationToken cancellationToken) =>
        ChangeAsync(ct => group.PromoteAsync(request.NodeId, ct), cancellationToken);

    public Task<MembersChangeResult> RemoveAsync(RemoveMemberCall request, CancellationToken cancellationToken) =>
        ChangeAsync(ct => group.RemoveAsync(request.NodeId, ct), cancellationToken);

    public async Task<TransferLeadershipResult> TransferLeadershipAsync(
        TransferLeadershipCall request, CancellationToken cancellationToken)
    {
        var transferred = false;
        await AskAsync(async ct => transferred = await group.TransferLeadershipAsync(
            request.NodeId == 0 ? null : request.NodeId, ct), cancellationToken);
        return new TransferLeadershipResult { Transferred = transferred };
    }

    private async Task<MembersChangeResult> ChangeAsync(
        Func<CancellationToken, Task> change, CancellationToken cancellationToken)
    {
        await AskAsync(change, cancellationToken);
        var result = new MembersChangeResult();
        result.Members.AddRange(group.Members.Select(static member => ToMessage(new GroupMemberStatus(member, null, null))));
        return result;
    }

    private static async Task AskAsync(Func<CancellationToken, Task> change, CancellationToken cancellationToken)
    {
        try
        {
            await change(cancellationToken);
        }
        catch (MembershipChangeException e)
        {
            throw new RpcException(RpcStatusCode.FailedPrecondition, e.Message, e);
        }
        catch (ReplicatedLogException e)
        {
            throw LogFailures.ToRpc(e);
        }
    }

    private MembersStatusResult ToResult(LeadershipState leadership, IReadOnlyList<GroupMemberStatus> members)
    {
        var result = new MembersStatusResult
        {
            NodeId = (ulong)options.NodeId,
            ClusterId = ByteString.CopyFrom(identity.Ask().ToByteArray(bigEndian: true)),
            Role = ToMessage(leadership.Role),
            Term = leadership.Term,
            LeaderId = leadership.LeaderId,
            LeaderAddress = leadership.LeaderAddress ?? "",
            AppliedIndex = log.AppliedIndex,
        };
        result.Members.AddRange(members.Select(ToMessage));
        return result;
    }

    private static MemberRole ToMessage(RaftRole role) => role switch
    {
        RaftRole.Leader => MemberRole.Leader,
        RaftRole.Candidate => MemberRole.Candidate,
        RaftRole.Learner => MemberRole.Learner,
        _ => MemberRole.Follower,
    };

    private static MemberStatus ToMessage(GroupMemberStatus status)
    {
        var message = new MemberStatus
        {
            NodeId = status.Member.NodeId,
            Voter = status.Member.Voter,
            RaftAddress = status.Member.Address,
            ServiceAddress = status.Member.ServiceAddress,
        };
        if (status.MatchIndex is { } matchIndex)
        {
            message.MatchIndex = matchIndex;
        }

        if (status.Active is { } active)
        {
            message.Active = active;
        }

        return message;
    }
}
