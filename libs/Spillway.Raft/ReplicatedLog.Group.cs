namespace Spillway.Raft;

public sealed partial class ReplicatedLog
{
    /// <inheritdoc/>
    public IReadOnlyList<GroupMember> Members => _engine.Members;

    /// <inheritdoc/>
    public async ValueTask<GroupStatus> StatusAsync(CancellationToken ct)
    {
        ThrowIfFailed();
        var status = new TaskCompletionSource<GroupStatus>(TaskCreationOptions.RunContinuationsAsynchronously);
        _inbox.Post(() => status.TrySetResult(_engine.Status()), failure => status.TrySetException(failure));
        return await status.Task.WaitAsync(ct);
    }

    /// <inheritdoc/>
    public Task AddLearnerAsync(ulong nodeId, string address, string serviceAddress, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfZero(nodeId);
        ArgumentException.ThrowIfNullOrWhiteSpace(address);
        ArgumentNullException.ThrowIfNull(serviceAddress);
        var learner = new GroupMember(nodeId, Voter: false, address, serviceAddress);
        return ChangeAsync(waiter => _engine.AddLearner(learner, waiter), ct);
    }

    /// <inheritdoc/>
    public Task PromoteAsync(ulong nodeId, CancellationToken ct) =>
        ChangeAsync(waiter => _engine.Promote(nodeId, waiter), ct);

    /// <inheritdoc/>
    public async Task RemoveAsync(ulong nodeId, CancellationToken ct)
    {
        if (nodeId == _options.NodeId && Leadership.IsLeader && !_engine.IsSoleVoter)
        {
            if (!await TransferLeadershipAsync(null, ct))
            {
                throw new MembershipChangeException(
                    $"Node {nodeId} leads, and leadership could not be handed over; it cannot be removed now.");
            }

            throw new LeadershipLostException(
                $"Node {nodeId} has handed leadership over so that it can be removed: ask the leader.", Leadership);
        }

        await ChangeAsync(waiter => _engine.Remove(nodeId, waiter), ct);
    }

    /// <summary>Takes a voter's vote; it goes on receiving the log. The leader's own is refused: hand over first.</summary>
    internal Task DemoteAsync(ulong nodeId, CancellationToken ct) =>
        ChangeAsync(waiter => _engine.Demote(nodeId, waiter), ct);

    /// <inheritdoc/>
    public async Task<bool> TransferLeadershipAsync(ulong? nodeId, CancellationToken ct)
    {
        ThrowIfNotLeading();
        var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        _inbox.Post(() => _engine.TransferLeadership(nodeId, done), failure => done.TrySetException(failure));
        return await done.Task.WaitAsync(ct);
    }

    private async Task ChangeAsync(Action<TaskCompletionSource> change, CancellationToken ct)
    {
        ThrowIfNotLeading();
        var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _inbox.Post(() => change(waiter), failure => waiter.TrySetException(failure));
        await using (ct.UnsafeRegister(
            static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token), waiter))
        {
            await waiter.Task;
        }
    }
}
