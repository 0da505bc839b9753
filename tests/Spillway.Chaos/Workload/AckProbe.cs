using Spillway.Chaos.Clients;
using Spillway.History.Events;
using Spillway.Kafka;

namespace Spillway.Chaos.Workload;

/// <summary>
/// One idempotent producer that sends a record every few milliseconds to one partition by way of one zone's frontend, and the longest times in
/// which nothing of it was acknowledged. Its sends are in no history.
/// </summary>
internal sealed class AckProbe : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    private readonly Lock _lock = new(); // guards what follows
    private readonly List<long> _acks = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly ChaosProducer _producer;
    private readonly TopicPartition _partition;
    private readonly Task _sending;
    private string? _fatal;

    public AckProbe(ClusterConnections cluster, TopicPartition partition, int seed)
    {
        _partition = partition;
        _producer = new ChaosProducer(
            cluster, new ProducerOptions { InFlightMax = 5 }, new Random(seed), static _ => { }, text => _fatal = text);
        _sending = SendAsync();
    }

    /// <summary>Why the producer gave up, or null.</summary>
    public string? Fatal => _fatal;

    public int AckCount
    {
        get
        {
            lock (_lock)
            {
                return _acks.Count;
            }
        }
    }

    /// <summary>The longest time without an acknowledgement between a moment and now.</summary>
    public TimeSpan LongestGapSince(long timestamp)
    {
        lock (_lock)
        {
            var (last, longest) = (timestamp, TimeSpan.Zero);
            foreach (var ack in _acks.Where(ack => ack >= timestamp).Append(TimeProvider.System.GetTimestamp()))
            {
                var gap = TimeProvider.System.GetElapsedTime(last, ack);
                (last, longest) = (ack, gap > longest ? gap : longest);
            }

            return longest;
        }
    }

    /// <summary>When the first record that was sent after a moment was acknowledged, or null.</summary>
    public TimeSpan? FirstAckAfter(long timestamp)
    {
        lock (_lock)
        {
            var at = _acks.FindIndex(ack => ack >= timestamp);
            return at < 0 ? null : TimeProvider.System.GetElapsedTime(timestamp, _acks[at]);
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _producer.Dispose();
        _ = _sending.ContinueWith(_ => _stop.Dispose(), TaskScheduler.Default);
    }

    private async Task SendAsync()
    {
        using var timer = new PeriodicTimer(Interval);
        var value = 0L;
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                _ = NoteAsync(_producer.SendAsync(_partition, value++, 1));
            }
        }
        catch (OperationCanceledException)
        {
            // It is over.
        }
    }

    private async Task NoteAsync(Task<BatchResult> sent)
    {
        if ((await sent).Outcome == Outcome.Ok)
        {
            lock (_lock)
            {
                _acks.Add(TimeProvider.System.GetTimestamp());
            }
        }
    }
}
