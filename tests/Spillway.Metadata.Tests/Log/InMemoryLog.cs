using Spillway.Raft;

namespace Spillway.Metadata.Tests.Log;

/// <summary>A log that applies at once, and fails when the test says so.</summary>
internal sealed class InMemoryLog(IReplicatedStateMachine machine) : IReplicatedLog
{
    private readonly TaskCompletionSource _completion = new();
    private List<Action>? _heldAnswers;

    public event Action<LeadershipState>? LeadershipChanged;

    public ulong AppliedIndex { get; private set; }

    public LeadershipState Leadership { get; private set; } = new(RaftRole.Leader, 1, 1, null);

    public bool LeadsWithQuorum => Leadership.IsLeader;

    public Task Completion => _completion.Task;

    /// <summary>What the next proposals end with; the command is applied all the same where that is not known.</summary>
    public ReplicatedLogException? Failure { get; set; }

    public int Proposals { get; private set; }

    public Task StartAsync(CancellationToken ct) => Task.CompletedTask;

    public ValueTask<ProposalResult> ProposeAsync(ReadOnlyMemory<byte> command, CancellationToken ct)
    {
        Proposals++;
        if (Failure is { OutcomeUnknown: false } refused)
        {
            throw refused;
        }

        var result = machine.Apply(++AppliedIndex, command);
        machine.OnGroupApplied(AppliedIndex);
        if (Failure is not null)
        {
            throw Failure;
        }

        var applied = new ProposalResult(AppliedIndex, result);
        if (_heldAnswers is not { } held)
        {
            return new ValueTask<ProposalResult>(applied);
        }

        var answer = new TaskCompletionSource<ProposalResult>();
        held.Add(() => answer.SetResult(applied));
        return new ValueTask<ProposalResult>(answer.Task);
    }

    public void Propose(ReadOnlySpan<byte> command, IProposalObserver observer)
    {
        Proposals++;
        if (Failure is { OutcomeUnknown: false } refused)
        {
            throw refused;
        }

        var result = machine.Apply(++AppliedIndex, command.ToArray());
        machine.OnGroupApplied(AppliedIndex);
        var (index, failure) = (AppliedIndex, Failure);
        Action answer = failure is null ? () => observer.OnCommitted(index, result) : () => observer.OnFailed(failure);
        if (_heldAnswers is { } held)
        {
            held.Add(answer);
        }
        else
        {
            answer();
        }
    }

    /// <summary>Proposers and observers are told nothing before <see cref="ReleaseAnswers"/>.</summary>
    public void HoldAnswers() => _heldAnswers = [];

    public void ReleaseAnswers()
    {
        var held = _heldAnswers!;
        _heldAnswers = null;
        held.ForEach(static answer => answer());
    }

    public ValueTask<ulong> ReadBarrierAsync(CancellationToken ct) =>
        Leadership.IsLeader ? new(AppliedIndex) : throw new LeadershipLostException("not here", Leadership);

    public Task SnapshotNowAsync(CancellationToken ct) => Task.CompletedTask;

    public void Lead(bool leads, string? leader = null)
    {
        Leadership = new LeadershipState(leads ? RaftRole.Leader : RaftRole.Follower, 2, 2, leader);
        LeadershipChanged?.Invoke(Leadership);
    }

    public void Fail(Exception exception) => _completion.SetException(exception);

    public ValueTask DisposeAsync()
    {
        _completion.TrySetResult();
        return ValueTask.CompletedTask;
    }
}
