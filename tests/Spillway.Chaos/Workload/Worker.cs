using System.Globalization;
using Spillway.Chaos.Clients;
using Spillway.Chaos.Cluster;
using Spillway.History.Events;
using Spillway.History.Files;
using Spillway.Kafka;

namespace Spillway.Chaos.Workload;

/// <summary>
/// One producer and one consumer that work until they are told to stop, or until their process "crashes": then both are dropped where they are, and
/// others go on. The producer does not wait for its sends.
/// </summary>
internal sealed class Worker
{
    private const int FewRecords = 8;
    private const int ManyRecords = 60;

    private readonly Dictionary<TopicPartition, long> _positions = [];
    private readonly WorkerSettings _settings;
    private readonly WorkloadOptions _options;
    private readonly ChaosCluster _cluster;
    private readonly KeyProgress _progress;
    private readonly ProcessHistory _history;
    private readonly Random _random;

    public Worker(WorkerSettings settings, WorkloadOptions options, ChaosCluster cluster, KeyProgress progress, HistoryWriter history)
    {
        (_settings, _options, _cluster, _progress) = (settings, options, cluster, progress);
        _history = new ProcessHistory(history, settings.Process);
        _random = new Random(unchecked((options.Seed * 397) + settings.Process));
    }

    /// <summary>Works until it is cancelled, then gives what is under way some time to end.</summary>
    public async Task RunAsync(TimeSpan patience, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var life = _options.CrashEvery * (0.5 + _random.NextDouble());
            using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
            end.CancelAfter(life);
            _history.Open(new ClientSettings { Idempotent = _settings.IsIdempotent, ReadCommitted = true });
            await LiveAsync(end, patience, stop);
            _history.Write(Outcome.Info, Operation.Crash);
        }
    }

    private async Task LiveAsync(CancellationTokenSource end, TimeSpan patience, CancellationToken stop)
    {
        using var producer = new ChaosProducer(
            Connections("producer"),
            new ProducerOptions { Idempotent = _settings.IsIdempotent },
            new Random(_random.Next()),
            _history.NoteError,
            text =>
            {
                _history.NoteFatal(text);
                end.Cancel();
            });
        using var consumer = NewConsumer();
        var outstanding = new HashSet<Task>();
        var sending = SendAsync(producer, outstanding, end.Token);
        var polling = PollAsync(consumer, end.Token);
        await Task.WhenAll(sending, polling);
        if (stop.IsCancellationRequested)
        {
            // The end of the run: what is not known in time stays unknown.
            await Task.WhenAny(Task.WhenAll(outstanding), Task.Delay(patience, CancellationToken.None));
        }

        producer.Dispose();
        await Task.WhenAll(outstanding);
    }

    private async Task SendAsync(ChaosProducer producer, HashSet<Task> outstanding, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / _options.SendsPerSecond));
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                outstanding.RemoveWhere(static task => task.IsCompleted);
                if (outstanding.Count < _options.OutstandingMax)
                {
                    outstanding.Add(SendOneAsync(producer));
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Its clients are dropped.
        }
    }

    private async Task SendOneAsync(ChaosProducer producer)
    {
        var partition = _progress.Partitions[_random.Next(_progress.Partitions.Count)];
        var key = partition.ToString();
        var count = 1 + _random.Next(_random.Next(16) == 0 ? ManyRecords : FewRecords);
        var value = _history.TakeValues(count);
        var id = _history.Begin(Operation.Send, Step.Send(key, new RecordRun(-1, value, count)));
        var result = await producer.SendAsync(partition, value, count);
        if (result is { Outcome: Outcome.Ok, BaseOffset: >= 0 })
        {
            _progress.Acknowledge(partition, result.BaseOffset + count - 1, count);
        }

        _history.End(id, Operation.Send, result.Outcome, result.Error, Step.Send(key, new RecordRun(result.BaseOffset, value, count)));
    }

    private static async Task PollAsync(IConsumerSide consumer, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await consumer.StepAsync();
        }
    }

    private IConsumerSide NewConsumer() => _settings.Group is { } group
        ? new GroupedConsumer(Connections("consumer"), group, _history, _progress, new Random(_random.Next()))
        : new AssigningConsumer(Connections("consumer"), _history, _progress, _positions, new Random(_random.Next()));

    private ClusterConnections Connections(string role) => new(
        _cluster.Bootstrap(_settings.Zone),
        string.Create(CultureInfo.InvariantCulture, $"zone={_cluster.Zones[_settings.Zone]};{role}-{_settings.Process}"),
        [.. _progress.Partitions.Select(static partition => partition.Topic).Distinct()],
        new Random(_random.Next()));
}
