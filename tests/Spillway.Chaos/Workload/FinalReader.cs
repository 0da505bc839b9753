using Spillway.Chaos.Clients;
using Spillway.History.Events;
using Spillway.History.Files;
using Spillway.Kafka;
using Spillway.Kafka.Records;

namespace Spillway.Chaos.Workload;

/// <summary>
/// After all faults: reads every partition from its beginning to its end with clients of its own, digests what it reads, and asks for a few
/// offsets by their times.
/// </summary>
internal sealed class FinalReader
{
    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private const int LookupsPerPartition = 3;

    private readonly Dictionary<TopicPartition, List<(long Offset, long Timestamp)>> _times = [];
    private readonly Dictionary<TopicPartition, uint> _digests = [];
    private readonly KeyProgress _progress;
    private readonly ProcessHistory _history;
    private readonly ClusterConnections _cluster;
    private readonly Random _random;

    public FinalReader(ClusterConnections cluster, KeyProgress progress, HistoryWriter history, int process, int seed)
    {
        (_cluster, _progress) = (cluster, progress);
        _history = new ProcessHistory(history, process);
        _random = new Random(seed);
    }

    public async Task RunAsync()
    {
        _history.Open(new ClientSettings { ReadCommitted = true });
        using var consumer = new ChaosConsumer(_cluster);
        await _cluster.RefreshAsync();
        var started = TimeProvider.System.GetTimestamp();
        var id = _history.Begin(Operation.Final);
        var ends = await FindEndsAsync(consumer, started);
        Step[] positions = [.. _progress.Partitions.Select(static partition => Step.Position(partition.ToString(), 0))];
        _history.Write(Outcome.Ok, Operation.Assign, positions);
        consumer.Assign(_progress.Partitions.Select(static partition => KeyValuePair.Create(partition, 0L)));
        while (TimeProvider.System.GetElapsedTime(started) < Patience && !IsRead(consumer, ends))
        {
            await PollAsync(consumer);
        }

        Step[] reached = [.. _progress.Partitions.Select(partition => Step.End(
            partition.ToString(), consumer.Positions[partition], ends.GetValueOrDefault(partition, long.MaxValue)))];
        _history.End(id, Operation.Final, IsRead(consumer, ends) ? Outcome.Ok : Outcome.Info, null, reached);
        Digest();
        await LookUpAsync(consumer);
    }

    private bool IsRead(ChaosConsumer consumer, Dictionary<TopicPartition, long> ends) =>
        ends.Count == _progress.Partitions.Count && ends.All(end => consumer.Positions[end.Key] >= end.Value);

    private async Task<Dictionary<TopicPartition, long>> FindEndsAsync(ChaosConsumer consumer, long started)
    {
        var ends = new Dictionary<TopicPartition, long>();
        while (ends.Count < _progress.Partitions.Count && TimeProvider.System.GetElapsedTime(started) < Patience)
        {
            foreach (var partition in _progress.Partitions.Where(partition => !ends.ContainsKey(partition)))
            {
                var id = _history.Begin(Operation.ListOffsets, Step.View(partition.ToString(), -1, -1, -1));
                var (view, error) = await consumer.ViewAsync(partition);
                _history.End(id, Operation.ListOffsets, view is null ? Outcome.Info : Outcome.Ok, error, view is null ? [] : [view]);
                if (view is not null)
                {
                    ends[partition] = view.Numbers.Value;
                }
            }
        }

        return ends;
    }

    private async Task PollAsync(ChaosConsumer consumer)
    {
        var id = _history.Begin(Operation.Poll);
        List<(long Offset, long Timestamp, uint Crc)> seen = [];
        var fetched = await consumer.PollAsync(Wait, (in Record record) => seen.Add((record.Offset, record.Timestamp, Crc32C.Compute(record.Value))));
        var at = 0;
        foreach (var partition in fetched)
        {
            // Observed in the order of the partitions.
            for (var left = partition.Runs.Sum(static run => run.Count); left > 0; left--, at++)
            {
                Keep(partition.Partition, seen[at]);
            }
        }

        _history.End(id, Operation.Poll, Outcome.Ok, null,
        [
            .. fetched.Where(static partition => partition.Runs.Count > 0)
                .Select(static partition => new Step(StepKind.Poll, partition.Partition.ToString(), partition.Runs)),
            .. fetched.Where(static partition => partition.CorruptAt >= 0)
                .Select(static partition => Step.Corrupt(partition.Partition.ToString(), partition.CorruptAt)),
        ]);
        foreach (var error in fetched.Select(static partition => partition.Error).OfType<string>().Distinct())
        {
            _history.NoteError(error);
        }
    }

    private void Keep(TopicPartition partition, (long Offset, long Timestamp, uint Crc) record)
    {
        if (!_times.TryGetValue(partition, out var times))
        {
            _times[partition] = times = [];
        }

        times.Add((record.Offset, record.Timestamp));
        Span<byte> entry = stackalloc byte[20];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(entry, record.Offset);
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(entry[8..], record.Timestamp);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(entry[16..], record.Crc);
        _digests[partition] = Crc32C.Append(_digests.GetValueOrDefault(partition), entry);
    }

    private void Digest()
    {
        foreach (var (partition, digest) in _digests)
        {
            var times = _times[partition];
            _history.Write(Outcome.Ok, Operation.Digest, Step.Digest(partition.ToString(), times[0].Offset, times.Count, digest));
        }
    }

    /// <summary>Whether the offset lies before the record found and is none that the scan showed.</summary>
    private static bool IsHidden(List<(long Offset, long Timestamp)> times, int found, long offset) =>
        offset >= 0 && (found < 0 || offset < times[found].Offset) && !times.Exists(record => record.Offset == offset);

    private async Task LookUpAsync(ChaosConsumer consumer)
    {
        foreach (var (partition, times) in _times)
        {
            for (var i = 0; i < LookupsPerPartition; i++)
            {
                var time = times[_random.Next(times.Count)].Timestamp + _random.Next(-1, 2);
                var at = times.FindIndex(record => record.Timestamp >= time);
                var (offset, error) = await consumer.OffsetOfAsync(partition, time, isCommitted: true);
                if (error is null)
                {
                    var scanned = at < 0 ? -1 : times[at].Offset;
                    if (IsHidden(times, at, offset))
                    {
                        // A marker, or what was aborted: a scan does not show those, and they have their times (as in Kafka).
                        scanned = offset;
                    }

                    _history.Write(Outcome.Ok, Operation.TimeLookup, Step.Lookup(partition.ToString(), time, offset, scanned));
                }
            }
        }
    }
}
