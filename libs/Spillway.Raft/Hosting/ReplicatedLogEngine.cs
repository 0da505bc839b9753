using Spillway.Raft.Transport;

namespace Spillway.Raft.Hosting;

/// <summary>
/// What the log's thread does, as steps. Single-threaded, except where a member says otherwise; any exception out of a step
/// is final.
/// </summary>
internal sealed class ReplicatedLogEngine(
    ReplicatedLogOptions options,
    IReplicatedStateMachine stateMachine,
    ReplicatedLogSeams seams,
    LogInbox inbox,
    ReplicatedLogMetrics metrics) : IDisposable
{
    public event Action<LeadershipState>? LeadershipChanged;

    public ulong AppliedIndex { get; }

    public LeadershipState Leadership { get; } = LeadershipState.None;

    public bool LeadsWithQuorum { get; }

    public bool IsSoleVoter { get; }

    public FolderIdentity? Identity { get; }

    public IRaftReceiver Receiver => throw NotYet();

    public void Recover() => throw NotYet();

    public bool RunOnce() => throw NotYet();

    public void RequestSnapshot(TaskCompletionSource request) => throw NotYet();

    public bool TryFinish() => inbox.IsStopping;

    public void Close(ReplicatedLogException reason) => inbox.Fail(() => reason);

    public void Fail(ReplicatedLogException reason) => inbox.Fail(() => reason);

    public void Dispose() => seams.Folder.Dispose();

    private NotSupportedException NotYet() =>
        new($"{options.Folder} {stateMachine} {inbox} {metrics} {LeadershipChanged}");
}
