using Spillway.Chaos.Clients;
using Spillway.History.Events;
using Spillway.Kafka;

namespace Spillway.Chaos.Workload;

/// <summary>
/// A consumer in a group: joins, goes on at the group's offsets, commits what it has read, joins again when it is told to. Which partitions it has
/// is not its own doing, so its order is held to little; the group's offsets are held to what was committed.
/// </summary>
internal sealed class GroupedConsumer : IConsumerSide
{
    private static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Backoff = TimeSpan.FromMilliseconds(200);

    private readonly ChaosConsumer _consumer;
    private readonly GroupMember _member;
    private readonly ProcessHistory _history;
    private readonly KeyProgress _progress;
    private readonly Random _random;
    private long _heartbeatAt;
    private bool _isMember;

    public GroupedConsumer(ClusterConnections cluster, string group, ProcessHistory history, KeyProgress progress, Random random)
    {
        (_consumer, _history, _progress, _random) = (new ChaosConsumer(cluster), history, progress, random);
        _member = new GroupMember(cluster, group, progress.Partitions);
    }

    public async Task StepAsync()
    {
        if (!_isMember && !await JoinAsync())
        {
            await Task.Delay(Backoff * (1 + _random.NextDouble()));
            return;
        }

        if (TimeProvider.System.GetElapsedTime(_heartbeatAt) > HeartbeatInterval)
        {
            _heartbeatAt = TimeProvider.System.GetTimestamp();
            Judge(await _member.HeartbeatAsync());
        }
        else if (_consumer.Positions.Count == 0)
        {
            await Task.Delay(Backoff);
        }
        else if (await WorkerPolls.PollAsync(_consumer, _history, _progress))
        {
            await CommitAsync();
        }
    }

    public void Dispose() => _consumer.Dispose();

    private async Task<bool> JoinAsync()
    {
        var (assigned, error) = await _member.JoinAsync();
        if (assigned is null)
        {
            // MEMBER_ID_REQUIRED is the first half of joining.
            Note(error);
            return false;
        }

        _history.Write(Outcome.Ok, Operation.Subscribe, [.. assigned.Select(static partition => Step.Position(partition.ToString(), -1))]);
        _heartbeatAt = TimeProvider.System.GetTimestamp();
        if (assigned.Count == 0)
        {
            _consumer.Assign([]);
            _isMember = true;
            return true;
        }

        var id = _history.Begin(Operation.FetchOffsets, [.. assigned.Select(partition => Step.Committed(_member.Group, partition.ToString(), -1))]);
        (var offsets, error) = await _member.FetchOffsetsAsync(assigned);
        Step[] fetched = [.. (offsets ?? new Dictionary<TopicPartition, long>()).Select(offset => Committed(offset.Key, offset.Value))];
        _history.End(id, Operation.FetchOffsets, offsets is null ? Outcome.Info : Outcome.Ok, error, fetched);
        if (offsets is null)
        {
            return false;
        }

        _consumer.Assign(offsets.Select(static offset => KeyValuePair.Create(offset.Key, Math.Max(0, offset.Value))));
        _isMember = true;
        return true;
    }

    private async Task CommitAsync()
    {
        var positions = _consumer.Positions.ToDictionary();
        Step[] steps = [.. positions.Select(position => Committed(position.Key, position.Value))];
        var id = _history.Begin(Operation.Commit, steps);
        var error = await _member.CommitAsync(positions);
        var outcome = error switch
        {
            null => Outcome.Ok,
            "ILLEGAL_GENERATION" or "UNKNOWN_MEMBER_ID" or "REBALANCE_IN_PROGRESS" => Outcome.Fail,
            _ => Outcome.Info,
        };
        _history.End(id, Operation.Commit, outcome, error, steps);
        Judge(error);
    }

    private Step Committed(TopicPartition partition, long offset) => Step.Committed(_member.Group, partition.ToString(), offset);

    /// <summary>What an answer says about the membership.</summary>
    private void Judge(string? error)
    {
        Note(error);
        if (error is "REBALANCE_IN_PROGRESS" or "ILLEGAL_GENERATION" or "UNKNOWN_MEMBER_ID" or "FENCED_INSTANCE_ID")
        {
            _isMember = false;
        }
    }

    private void Note(string? error)
    {
        if (error is not (null or "MEMBER_ID_REQUIRED"))
        {
            _history.NoteError(error);
        }
    }
}
