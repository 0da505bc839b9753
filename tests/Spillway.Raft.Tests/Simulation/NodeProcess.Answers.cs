using Spillway.Raft.Core;
using Spillway.Raft.Tests.Support;

namespace Spillway.Raft.Tests.Simulation;

/// <summary>What clients ask of the process, and what they are told.</summary>
internal sealed partial class NodeProcess
{
    private readonly List<(Task Task, TimeSpan Begun, Action Answered)> _pending = [];

    /// <summary>Since when the oldest of those who wait has waited; null where nobody does.</summary>
    public TimeSpan? OldestWait => _pending.Count == 0 ? null : _pending.Min(static pending => pending.Begun);

    public Task<ProposalResult> Propose(long id, int commandBytes)
    {
        _cluster.Checker.OnProposed(id);
        return Ask(
            () => _log.ProposeAsync(JournalStateMachine.Command(id, commandBytes), CancellationToken.None).AsTask(),
            task => Answered(id, task));
    }

    public Task<ulong> Read()
    {
        var floor = _cluster.Checker.BeginRead();
        return Ask(() => _log.ReadBarrierAsync(CancellationToken.None).AsTask(), task =>
        {
            if (task.IsCompletedSuccessfully)
            {
                _cluster.Checker.OnRead(NodeId, floor, task.Result, AppliedIndex);
            }
        });
    }

    public Task Change(MemberChange change) => Ask(() => BeginChange(change), static _ => { });

    public void TransferLeadership(ulong to) =>
        Ask<Task>(() => _log.TransferLeadershipAsync(to, CancellationToken.None), static _ => { });

    public void TakeSnapshot() => Ask(() => _log.SnapshotNowAsync(CancellationToken.None), static _ => { });

    private Task BeginChange(MemberChange change) => change.Kind switch
    {
        MemberChangeKind.AddLearner => _log.AddLearnerAsync(
            change.NodeId, change.Address, change.ServiceAddress, CancellationToken.None),
        MemberChangeKind.Promote => _log.PromoteAsync(change.NodeId, CancellationToken.None),
        MemberChangeKind.Demote => _log.DemoteAsync(change.NodeId, CancellationToken.None),
        _ => _log.RemoveAsync(change.NodeId, CancellationToken.None),
    };

    private TTask Ask<TTask>(Func<TTask> ask, Action<TTask> answered)
        where TTask : Task
    {
        TTask task;
        try
        {
            task = ask();
        }
        catch (Exception exception) when (exception is ReplicatedLogException or MembershipChangeException)
        {
            task = Refused<TTask>(exception);
        }

        _pending.Add((task, _cluster.Clock.Now, () => answered(task)));
        Settle();
        Wake();
        return task;
    }

    private void Answered(long id, Task<ProposalResult> task)
    {
        var checker = _cluster.Checker;
        if (task.IsCompletedSuccessfully)
        {
            checker.Require(task.Result.Result is int, HistoryRule.OwnResult,
                $"command {id} was answered with {task.Result.Result ?? "nothing"}");
            checker.OnAcknowledged(id, task.Result.Index, (int)task.Result.Result!);
        }
        else if (task.Exception?.InnerException is ReplicatedLogException { OutcomeUnknown: false })
        {
            checker.OnRefused(id);
        }
        else
        {
            checker.Require(task.Exception?.InnerException is ReplicatedLogException, HistoryRule.HonestRefusal,
                $"command {id} ends on node {NodeId} in {task.Exception?.InnerException}");
            checker.OnUnknown();
        }
    }

    // Everyone who got an answer in the last step, and who leads since.
    private void Settle()
    {
        for (var i = 0; i < _pending.Count; i++)
        {
            var pending = _pending[i];
            if (pending.Task.IsCompleted)
            {
                _pending.RemoveAt(i--);
                _ = pending.Task.Exception; // observed
                pending.Answered();
            }
        }

        if (IsLeader)
        {
            _cluster.Checker.OnLeading(NodeId, _life, Term);
            if (Term > _ledTerm)
            {
                _ledTerm = Term;
                _cluster.OnElected?.Invoke(_node);
            }
        }
    }

    // The process is gone, and with it every connection on which an answer could come.
    private void ForgetPending()
    {
        foreach (var pending in _pending)
        {
            if (pending.Task is Task<ProposalResult>)
            {
                _cluster.Checker.OnUnknown();
            }
        }

        _pending.Clear();
    }

    private static TTask Refused<TTask>(Exception exception)
        where TTask : Task
    {
        Task refused = typeof(TTask) == typeof(Task<ProposalResult>) ? Task.FromException<ProposalResult>(exception)
            : typeof(TTask) == typeof(Task<ulong>) ? Task.FromException<ulong>(exception)
            : Task.FromException(exception);
        return (TTask)refused;
    }
}
