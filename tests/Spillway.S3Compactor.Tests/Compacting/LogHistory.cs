using System.Text;
using Spillway.Kafka.Compression;
using Spillway.Kafka.Records;
using Spillway.S3Compactor.Compacting;

namespace Spillway.S3Compactor.Tests.Compacting;

/// <summary>
/// A partition that random producers write to, plain, idempotent and transactional, in all codecs, with what really happened to each record. Its
/// log is index entries of whole batches, as drains leave them.
/// </summary>
internal sealed class LogHistory(Random random)
{
    private static readonly CompressionType[] Types = [.. Enum.GetValues<CompressionType>().Where(Codecs.IsAvailable)];

    private readonly Dictionary<long, (long First, List<long> Offsets)> _open = [];
    private readonly Dictionary<long, int> _sequences = [];
    private readonly List<byte[]> _pending = [];
    private long _pendingStart;

    /// <summary>Every record ever, control records excepted.</summary>
    public SortedDictionary<long, HistoryRecord> Records { get; } = [];

    /// <summary>Offsets that a reader of committed records is to get.</summary>
    public HashSet<long> Committed { get; } = [];

    /// <summary>By offset: where it is known that the record is one of those, at the record or at the end of its transaction.</summary>
    public Dictionary<long, long> CommittedAt { get; } = [];

    public List<(long ProducerId, long FirstOffset, long LastOffset)> Aborted { get; } = [];

    /// <summary>The last stable offset after each of those.</summary>
    public List<long> StableAfterAborted { get; } = [];

    /// <summary>Where open transactions begin.</summary>
    public IEnumerable<long> OpenFirstOffsets => _open.Values.Select(static t => t.First);

    public Dictionary<long, LastOfProducer> Producers { get; } = [];

    public List<LogEntry> Entries { get; } = [];

    /// <summary>Where the producer's open transaction begins; −1: it has none.</summary>
    public long OpenFirstOffsetOf(long producerId) => _open.TryGetValue(producerId, out var open) ? open.First : -1;

    public long NextOffset { get; private set; }

    /// <summary>What lies below was deleted.</summary>
    public long LogStartOffset { get; set; }

    public long LastStableOffset => _open.Count == 0 ? NextOffset : _open.Values.Min(static t => t.First);

    public long NowMs { get; set; } = 1_000_000;

    /// <summary>Some batches and ends of transactions; what there is then goes to entries.</summary>
    public void Write(int steps)
    {
        for (var i = 0; i < steps; i++)
        {
            NowMs += random.Next(100);
            var producerId = random.Next(4) == 0 ? -1 : random.Next(5);
            if (producerId >= 3 && _open.ContainsKey(producerId) && random.Next(3) == 0)
            {
                End(producerId, random.Next(2) == 0);
            }
            else
            {
                Append(producerId, isTransactional: producerId >= 3);
            }

            if (random.Next(4) == 0)
            {
                Drain();
            }
        }

        Drain();
    }

    /// <summary>Ends what is open.</summary>
    public void EndAll()
    {
        foreach (var producerId in _open.Keys.ToList())
        {
            End(producerId, commit: true);
        }

        Drain();
    }

    private void Append(long producerId, bool isTransactional)
    {
        Append(producerId, isTransactional, random.Next(1, 6));
    }

    /// <summary>One batch of records with random keys and values, or of one key.</summary>
    public void Append(long producerId, bool isTransactional, int count, string? onlyKey = null, bool isTombstone = false)
    {
        var builder = new RecordBatchBuilder
        {
            BaseOffset = NextOffset,
            PartitionLeaderEpoch = 0,
            CompressionType = Types[random.Next(Types.Length)],
            TimestampType = random.Next(5) == 0 ? TimestampType.LogAppendTime : TimestampType.CreateTime,
            ProducerId = producerId,
            ProducerEpoch = (short)(producerId < 0 ? -1 : 2),
            BaseSequence = producerId < 0 ? -1 : _sequences.GetValueOrDefault(producerId),
            IsTransactional = isTransactional,
        };
        for (var i = 0; i < count; i++)
        {
            // Records without a key came in before the topic was compacted.
            var key = onlyKey ?? (random.Next(20) == 0 ? null : $"k{random.Next(8)}");
            var value = isTombstone || (onlyKey is null && random.Next(4) == 0) ? null : $"v{NextOffset + i}";
            var timestampMs = NowMs - random.Next(50);
            builder.Append(timestampMs, ToBytes(key), ToBytes(value), new RecordHeader("h", [(byte)i]));
            var readTimestampMs = builder.TimestampType == TimestampType.LogAppendTime ? NowMs : timestampMs;
            Records.Add(NextOffset + i, new HistoryRecord(NextOffset + i, key, value, readTimestampMs));
        }

        if (producerId >= 0)
        {
            _sequences[producerId] = _sequences.GetValueOrDefault(producerId) + count;
            Producers[producerId] = new LastOfProducer(2, NextOffset);
        }

        var offsets = Enumerable.Range(0, count).Select(i => NextOffset + i).ToList();
        if (!isTransactional)
        {
            Commit(offsets, atOffset: null);
        }
        else if (_open.TryGetValue(producerId, out var open))
        {
            open.Offsets.AddRange(offsets);
        }
        else
        {
            _open.Add(producerId, (NextOffset, offsets));
        }

        Add(builder.Build(NowMs), count);
    }

    private void End(long producerId, bool commit)
    {
        _open.Remove(producerId, out var transaction);
        if (commit)
        {
            Commit(transaction.Offsets, NextOffset);
        }
        else
        {
            Aborted.Add((producerId, transaction.First, NextOffset));
        }

        var marker = new TransactionMarker
        {
            Type = commit ? ControlRecordType.Commit : ControlRecordType.Abort,
            Offset = NextOffset,
            Timestamp = NowMs,
            ProducerId = producerId,
            ProducerEpoch = 2,
        };
        Add(ControlBatch.Build(marker), 1);
        if (!commit)
        {
            StableAfterAborted.Add(LastStableOffset);
        }
    }

    private void Commit(List<long> offsets, long? atOffset)
    {
        Committed.UnionWith(offsets);
        foreach (var offset in offsets)
        {
            CommittedAt.Add(offset, atOffset ?? offset);
        }
    }

    private void Add(byte[] batch, int count)
    {
        _pending.Add(batch);
        NextOffset += count;
    }

    /// <summary>What there is becomes an entry.</summary>
    public void Drain()
    {
        if (_pending.Count > 0)
        {
            Entries.Add(new LogEntry(_pendingStart, NextOffset - 1, [.. _pending.SelectMany(static b => b)]));
            _pending.Clear();
            _pendingStart = NextOffset;
        }
    }

    private static byte[]? ToBytes(string? text) => text is null ? null : Encoding.UTF8.GetBytes(text);
}
