using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Contracts;

/// <summary>Calls another process for who belongs to the metadata service.</summary>
public sealed class RemoteMembersService(MetadataChannels channels) : IMembersService
{
    // A learner may have a large snapshot to fetch before it can be promoted.
    private static readonly TimeSpan ChangeDeadline = TimeSpan.FromMinutes(10);

    /// <inheritdoc/>
    public Task<MembersStatusResult> StatusAsync(MembersStatusCall request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(MembersMethods.Status, request, CallRule.Repeatable, cancellationToken);

    /// <inheritdoc/>
    public Task<MembersChangeResult> AddLearnerAsync(AddLearnerCall request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(MembersMethods.AddLearner, request, CallRule.IfNotDone, cancellationToken, ChangeDeadline);

    /// <inheritdoc/>
    public Task<MembersChangeResult> PromoteAsync(PromoteCall request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(MembersMethods.Promote, request, CallRule.IfNotDone, cancellationToken, ChangeDeadline);

    /// <inheritdoc/>
    public Task<MembersChangeResult> RemoveAsync(RemoveMemberCall request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(MembersMethods.Remove, request, CallRule.IfNotDone, cancellationToken, ChangeDeadline);

    /// <inheritdoc/>
    public Task<TransferLeadershipResult> TransferLeadershipAsync(
        TransferLeadershipCall request, CancellationToken cancellationToken) =>
        channels.UnaryAsync(MembersMethods.TransferLeadership, request, CallRule.IfNotDone, cancellationToken);
}
