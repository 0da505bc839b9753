using Spillway.Kafka.Errors;
using Spillway.Metadata.Groups;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.ConsumerGroups;

/// <summary>What has changed since it was last written down, and who is told when it is.</summary>
internal sealed partial class ConsumerGroupCore
{
    private readonly HashSet<string> _changedMembers = new(StringComparer.Ordinal);
    private readonly HashSet<string> _changedTargets = new(StringComparer.Ordinal);
    private readonly HashSet<string> _changedAssignments = new(StringComparer.Ordinal);
    private readonly HashSet<string> _removed = new(StringComparer.Ordinal);

    // Answers to what is not written down yet. Called with how that ended.
    private List<Action<ErrorCode, long>> _waiting = [];

    // Not null: a change is on its way to the log, and these wait for it. One at a time: the next takes all that came meanwhile.
    private List<Action<ErrorCode, long>>? _inFlight;
    private bool _epochsChanged;
    private bool _replacesClassic;

    private bool IsDirty => _epochsChanged
        || _removed.Count + _changedMembers.Count + _changedTargets.Count + _changedAssignments.Count > 0;

    public GroupWrite? TakeWrite()
    {
        if (_inFlight is not null || !IsDirty || IsSpent || _abandoned)
        {
            return null;
        }

        var change = new ChangeConsumerGroup
        {
            GroupId = _groupId,
            Revision = _revision,
            GroupEpoch = _groupEpoch,
            AssignmentEpoch = _assignmentEpoch,
            TopicsHash = _topicsHash,
            ReplacesClassicGroup = _replacesClassic,
            RemovedMemberIds = { _removed.Order(StringComparer.Ordinal) },
            Members = { _changedMembers.Order(StringComparer.Ordinal).Select(id => _members[id].ToMember()) },
            Targets = { _changedTargets.Order(StringComparer.Ordinal).Select(ToTarget) },
            Assignments = { _changedAssignments.Order(StringComparer.Ordinal).Select(id => _members[id].ToAssignment()) },
        };
        _removed.Clear();
        _changedMembers.Clear();
        _changedTargets.Clear();
        _changedAssignments.Clear();
        _epochsChanged = _replacesClassic = false;
        (_inFlight, _waiting) = (_waiting, []);
        return new GroupWrite(new Command { ChangeConsumerGroup = change }, Written);
    }

    private StoredTarget ToTarget(string memberId)
    {
        var target = new StoredTarget { MemberId = memberId };
        _targets[memberId].WriteTo(target.Partitions);
        return target;
    }

    private void Written(ErrorCode error, long nowMs)
    {
        if (_inFlight is not { } answers)
        {
            return;
        }

        _inFlight = null;
        if (error == ErrorCode.None)
        {
            _revision++;
            answers.ForEach(answer => answer(ErrorCode.None, nowMs));
        }
        else
        {
            // It may be durable or not, and all that was decided since rests on it.
            IsSpent = true;
            answers.ForEach(answer => answer(error, nowMs));
            AnswerAll(error);
        }
    }

    /// <summary>Answers when all that was decided up to here is durable: at once, where it is.</summary>
    private void WhenDurable(long nowMs, Action<ErrorCode, long> answer)
    {
        if (_abandoned || IsSpent)
        {
            answer(ErrorCode.NotCoordinator, nowMs);
        }
        else if (IsDirty || Successor is not null)
        {
            _waiting.Add(answer);
        }
        else if (_inFlight is { } underWay)
        {
            underWay.Add(answer);
        }
        else
        {
            answer(ErrorCode.None, nowMs);
        }
    }

    private void AnswerAll(ErrorCode error)
    {
        var waiting = _waiting.Concat(_inFlight ?? []).ToList();
        _waiting = [];
        _inFlight?.Clear();
        waiting.ForEach(answer => answer(error, 0));
    }

    private void NoteRemoved(string memberId)
    {
        _changedMembers.Remove(memberId);
        _changedTargets.Remove(memberId);
        _changedAssignments.Remove(memberId);
        _removed.Add(memberId);
    }
}
