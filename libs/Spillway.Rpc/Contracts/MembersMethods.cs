using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Contracts;

/// <summary>The methods of <c>spillway.metadata.v1.Members</c>: the nodes of the metadata service.</summary>
public static class MembersMethods
{
    private const string Service = "spillway.metadata.v1.Members";

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<MembersStatusCall, MembersStatusResult> Status { get; } =
        RpcMethod.Create<MembersStatusCall, MembersStatusResult>(Service, "Status");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<AddLearnerCall, MembersChangeResult> AddLearner { get; } =
        RpcMethod.Create<AddLearnerCall, MembersChangeResult>(Service, "AddLearner");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<PromoteCall, MembersChangeResult> Promote { get; } =
        RpcMethod.Create<PromoteCall, MembersChangeResult>(Service, "Promote");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<RemoveMemberCall, MembersChangeResult> Remove { get; } =
        RpcMethod.Create<RemoveMemberCall, MembersChangeResult>(Service, "Remove");

    /// <summary>See the contract under proto/spillway.</summary>
    public static RpcMethod<TransferLeadershipCall, TransferLeadershipResult> TransferLeadership { get; } =
        RpcMethod.Create<TransferLeadershipCall, TransferLeadershipResult>(Service, "TransferLeadership");
}
