using Spillway.Chaos.Clients;
using Spillway.History.Events;
using Spillway.Kafka;

namespace Spillway.Chaos.Workload;

/// <summary>
/// A consumer that takes partitions as it likes and goes on where it, or those before it in its process, left off. Now and then it takes
/// others, begins again from the start, or asks how far a partition reaches.
/// </summary>
internal sealed class AssigningConsumer : IConsumerSide
{
    private const int ReassignOneIn = 64;
    private const int ViewOneIn = 32;
    private const int RestartOneIn = 8;

    private readonly ChaosConsumer _consumer;
    private readonly ProcessHistory _history;
    private readonly KeyProgress _progress;
    private readonly Dictionary<TopicPartition, long> _known;
    private readonly Random _random;

    /// <param name="cluster">Whom to talk to; the consumer owns it.</param>
    /// <param name="history">Where its lines go.</param>
    /// <param name="progress">What is unread.</param>
    /// <param name="known">Positions that outlive this consumer.</param>
    /// <param name="random">What it decides by.</param>
    public AssigningConsumer(
        ClusterConnections cluster, ProcessHistory history, KeyProgress progress, Dictionary<TopicPartition, long> known, Random random)
    {
        (_consumer, _history, _progress, _known, _random) = (new ChaosConsumer(cluster), history, progress, known, random);
        Reassign();
    }

    public async Task StepAsync()
    {
        if (_random.Next(ReassignOneIn) == 0)
        {
            Reassign();
        }
        else if (_random.Next(ViewOneIn) == 0)
        {
            await ViewAsync();
        }

        await WorkerPolls.PollAsync(_consumer, _history, _progress);
        foreach (var (partition, position) in _consumer.Positions)
        {
            _known[partition] = position;
        }
    }

    public void Dispose() => _consumer.Dispose();

    private void Reassign()
    {
        var partitions = _progress.Partitions.Where(_ => _random.Next(2) == 0);
        if (_random.Next(3) == 0)
        {
            partitions = partitions.Union(_progress.Unseen);
        }

        var positions = partitions
            .DefaultIfEmpty(_progress.Partitions[_random.Next(_progress.Partitions.Count)])
            .ToDictionary(
                static partition => partition,
                partition => _random.Next(RestartOneIn) == 0 ? 0 : _known.GetValueOrDefault(partition));
        var steps = positions.Select(static position => Step.Position(position.Key.ToString(), position.Value)).ToArray();
        var id = _history.Begin(Operation.Assign, steps);
        _consumer.Assign(positions);
        _history.End(id, Operation.Assign, Outcome.Ok, null, steps);
    }

    private async Task ViewAsync()
    {
        var partition = _progress.Partitions[_random.Next(_progress.Partitions.Count)];
        var id = _history.Begin(Operation.ListOffsets, Step.View(partition.ToString(), -1, -1, -1));
        var (view, error) = await _consumer.ViewAsync(partition);
        _history.End(id, Operation.ListOffsets, view is null ? Outcome.Info : Outcome.Ok, error, view is null ? [] : [view]);
    }
}
