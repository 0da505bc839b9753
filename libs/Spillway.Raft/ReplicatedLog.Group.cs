namespace Spillway.Raft;

public sealed partial class ReplicatedLog
{
    /// <inheritdoc/>
    public IReadOnlyList<GroupMember> Members => throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask<GroupStatus> StatusAsync(CancellationToken ct) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task AddLearnerAsync(ulong nodeId, string address, string serviceAddress, CancellationToken ct) =>
        throw new NotSupportedException();

    /// <inheritdoc/>
    public Task PromoteAsync(ulong nodeId, CancellationToken ct) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task RemoveAsync(ulong nodeId, CancellationToken ct) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task<bool> TransferLeadershipAsync(ulong? nodeId, CancellationToken ct) => throw new NotSupportedException();
}
