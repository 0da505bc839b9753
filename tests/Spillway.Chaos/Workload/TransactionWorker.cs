using System.Globalization;
using Spillway.Chaos.Clients;
using Spillway.Chaos.Cluster;
using Spillway.History.Events;
using Spillway.History.Files;
using Spillway.Kafka;
using Spillway.Kafka.Errors;

namespace Spillway.Chaos.Workload;

/// <summary>
/// Transactions of a few sends and polls each, with the offsets of what they polled; some are aborted on purpose, some left where they are by a "crash".
/// What was polled by a committed one is never to be polled again, whatever happens to the clients (Jepsen's kafka workload).
/// </summary>
internal sealed class TransactionWorker
{
    private const int StepsMax = 4;
    private const int RecordsMax = 6;
    private const int AbortOneIn = 32;

    private static readonly TimeSpan PollWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan StepTime = TimeSpan.FromSeconds(20);

    private readonly Dictionary<TopicPartition, long> _committed = [];
    private readonly int _process;
    private readonly int _zone;
    private readonly WorkloadOptions _options;
    private readonly ChaosCluster _cluster;
    private readonly KeyProgress _progress;
    private readonly ProcessHistory _history;
    private readonly Random _random;
    private readonly string _name;

    public TransactionWorker(
        string runName, WorkerSettings settings, WorkloadOptions options, ChaosCluster cluster, KeyProgress progress, HistoryWriter history)
    {
        (_process, _zone, _options, _cluster, _progress) = (settings.Process, settings.Zone, options, cluster, progress);
        _history = new ProcessHistory(history, settings.Process);
        _random = new Random(unchecked((options.Seed * 397) + settings.Process));
        _name = string.Create(CultureInfo.InvariantCulture, $"{runName}-txn-{settings.Process}");
    }

    /// <summary>Works until it is cancelled, then lets nothing open.</summary>
    public async Task RunAsync(TimeSpan patience, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
            end.CancelAfter(_options.CrashEvery * (0.5 + _random.NextDouble()));
            _history.Open(new ClientSettings { Idempotent = true, ReadCommitted = true });
            await LiveAsync(end.Token);
            _history.Write(Outcome.Info, Operation.Crash);
        }

        // Else what is open is in the way of the final readers until it times out.
        using var giveUp = new CancellationTokenSource(patience);
        using var last = NewProducer();
        await last.InitAsync(giveUp.Token);
    }

    private async Task LiveAsync(CancellationToken cancellationToken)
    {
        using var producer = NewProducer();
        using var consumer = new ChaosConsumer(Connections("txn-consumer"));
        if (!await producer.InitAsync(cancellationToken) || !await ResumeAsync(producer, consumer, cancellationToken))
        {
            return;
        }

        _history.Write(Outcome.Ok, Operation.Subscribe, [.. _progress.Partitions.Select(static partition => Step.Position(partition.ToString(), -1))]);
        while (!cancellationToken.IsCancellationRequested)
        {
            var outcome = await TransactAsync(producer, consumer, cancellationToken);
            if (cancellationToken.IsCancellationRequested)
            {
                return;
            }

            if ((outcome != Outcome.Ok || producer.IsIndefinite) && !await producer.InitAsync(cancellationToken))
            {
                return;
            }

            if (outcome != Outcome.Ok && !await SeekBackAsync(producer, consumer, cancellationToken))
            {
                return;
            }
        }
    }

    private async Task<Outcome> TransactAsync(TransactionalProducer producer, ChaosConsumer consumer, CancellationToken cancellationToken)
    {
        var transaction = Plan();
        var id = _history.Begin(Operation.Txn, transaction.Sends());
        using var time = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        time.CancelAfter(StepTime * 2);
        var error = await DoAsync(transaction, producer, consumer, time.Token);
        var outcome = Outcome.Fail;
        if (error is null)
        {
            (outcome, error) = await EndAsync(producer, consumer, time.Token);
        }
        else if (!cancellationToken.IsCancellationRequested && producer is { HasBegun: true, IsIndefinite: false })
        {
            await producer.EndAsync(commit: false, time.Token);
        }

        // What was not asked to be committed never will be.
        _history.End(id, Operation.Txn, outcome, error, [.. transaction.Sends(), .. transaction.Polled]);
        return outcome;
    }

    private PlannedTransaction Plan()
    {
        var transaction = new PlannedTransaction();
        for (var left = 1 + _random.Next(StepsMax); left > 0; left--)
        {
            var count = 1 + _random.Next(RecordsMax);
            transaction.Steps.Add(_random.Next(2) == 0
                ? null
                : new PlannedSend(_progress.Partitions[_random.Next(_progress.Partitions.Count)], _history.TakeValues(count), count));
        }

        return transaction;
    }

    /// <summary>The steps before the end; the result is why there is to be no commit, or null.</summary>
    private async Task<string?> DoAsync(
        PlannedTransaction transaction, TransactionalProducer producer, ChaosConsumer consumer, CancellationToken cancellationToken)
    {
        foreach (var step in transaction.Steps)
        {
            if (_random.Next(AbortOneIn) == 0 || cancellationToken.IsCancellationRequested)
            {
                return "abort";
            }

            if (step is null)
            {
                await PollAsync(transaction, consumer);
                continue;
            }

            var (error, offset) = await producer.SendAsync(step.Partition, step.Value, step.Count, cancellationToken);
            if (error != ErrorCode.None)
            {
                return error is { } known ? ErrorCodes.KafkaName(known) : NoAnswerException.Timeout;
            }

            step.BaseOffset = offset;
        }

        return null;
    }

    private async Task<(Outcome Outcome, string? Error)> EndAsync(
        TransactionalProducer producer, ChaosConsumer consumer, CancellationToken cancellationToken)
    {
        var positions = consumer.Positions.Where(position => position.Value != _committed[position.Key]).ToDictionary();
        Step[] offsets = [.. positions.Select(position => Step.Committed(_name, position.Key.ToString(), position.Value))];
        var commitId = offsets.Length > 0 ? _history.Begin(Operation.Commit, offsets) : 0;
        var error = offsets.Length > 0 ? await producer.SendOffsetsAsync(positions, cancellationToken) : ErrorCode.None;
        var outcome = Outcome.Fail;
        if (error == ErrorCode.None)
        {
            error = producer.HasBegun ? await producer.EndAsync(commit: true, cancellationToken) : ErrorCode.None;
            outcome = OutcomeRules.OfTransaction(error, abort: null);
        }

        var text = error switch
        {
            ErrorCode.None => null,
            null => NoAnswerException.Timeout,
            { } known => ErrorCodes.KafkaName(known),
        };
        if (offsets.Length > 0)
        {
            _history.End(commitId, Operation.Commit, outcome, text, offsets);
        }

        if (outcome == Outcome.Ok)
        {
            foreach (var (partition, position) in positions)
            {
                _committed[partition] = position;
            }
        }

        return (outcome, text);
    }

    private async Task PollAsync(PlannedTransaction transaction, ChaosConsumer consumer)
    {
        var fetched = await consumer.PollAsync(PollWait);
        foreach (var partition in fetched)
        {
            var key = partition.Partition.ToString();
            if (partition.Runs.Count > 0)
            {
                transaction.Polled.Add(new Step(StepKind.Poll, key, partition.Runs));
                _progress.Poll(partition.Partition, partition.Runs[^1].LastOffset);
            }

            if (partition.CorruptAt >= 0)
            {
                transaction.Polled.Add(Step.Corrupt(key, partition.CorruptAt));
            }
        }

        foreach (var error in fetched.Select(static partition => partition.Error).OfType<string>().Distinct())
        {
            _history.NoteError(error);
        }
    }

    private async Task<bool> SeekBackAsync(TransactionalProducer producer, ChaosConsumer consumer, CancellationToken cancellationToken)
    {
        if (!await ResumeAsync(producer, consumer, cancellationToken))
        {
            return false;
        }

        _history.Write(Outcome.Ok, Operation.Seek, [.. consumer.Positions.Select(static position => Step.Position(position.Key.ToString(), position.Value))]);
        return true;
    }

    /// <summary>Goes on where the group's offsets are.</summary>
    private async Task<bool> ResumeAsync(TransactionalProducer producer, ChaosConsumer consumer, CancellationToken cancellationToken)
    {
        Step[] asked = [.. _progress.Partitions.Select(partition => Step.Committed(_name, partition.ToString(), -1))];
        var id = _history.Begin(Operation.FetchOffsets, asked);
        var offsets = await producer.FetchOffsetsAsync(_progress.Partitions, cancellationToken);
        Step[] found = offsets is null ? [] : [.. offsets.Select(offset => Step.Committed(_name, offset.Key.ToString(), offset.Value))];
        _history.End(id, Operation.FetchOffsets, offsets is null ? Outcome.Info : Outcome.Ok, null, found);
        if (offsets is null)
        {
            return false;
        }

        foreach (var (partition, offset) in offsets)
        {
            _committed[partition] = Math.Max(0, offset);
        }

        consumer.Assign(_committed);
        return true;
    }

    private TransactionalProducer NewProducer() => new(
        Connections("txn-producer"), _name, _name, isSecondVersion: _process % 2 == 0, new Random(_random.Next()), _history.NoteError);

    private ClusterConnections Connections(string role) => new(
        _cluster.Bootstrap(_zone),
        string.Create(CultureInfo.InvariantCulture, $"zone={_cluster.Zones[_zone]};{role}-{_process}"),
        [.. _progress.Partitions.Select(static partition => partition.Topic).Distinct()],
        new Random(_random.Next()));
}
