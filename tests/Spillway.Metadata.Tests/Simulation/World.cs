using Spillway.Kafka.Errors;
using Spillway.Metadata.Partitions;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Tests.Simulation;

/// <summary>
/// Everything outside of metadata: files and objects with their bytes, what producers were told, what readers hold. It judges.
/// </summary>
internal sealed class World
{
    public const long ReadGraceMs = 60_000;

    private readonly Dictionary<(ContainerKind, long), SortedDictionary<long, Payload>> _files = [];
    private readonly List<(BatchIndexEntry Entry, long ResolvedAtMs)> _readers = [];
    private readonly HashSet<long> _merged = [];
    private long _payloads;

    public StatePair States { get; } = new();

    /// <summary>By log id; deleted ones are taken out.</summary>
    public SortedDictionary<long, ModelLog> Logs { get; } = [];

    public IEnumerable<(ContainerKind Kind, long Id)> Files => _files.Keys;

    /// <summary>Ranges that merges were given so far.</summary>
    public int MergedRangeCount { get; private set; }

    /// <summary>Drained entries in a row, of which none is a merge's own.</summary>
    public void NoteMerge(Job job)
    {
        DrainRange? previous = null;
        foreach (var range in job.Ranges)
        {
            Assert.Equal(ContainerKind.Object, range.Entry.Kind);
            Assert.DoesNotContain(range.Entry.ContainerId, _merged);
            Assert.Contains(job.Containers, c => c.ContainerId == range.Entry.ContainerId);
            Assert.True(
                previous is null || previous.LogId < range.LogId
                    || (previous.LogId == range.LogId && previous.Entry.LastOffset + 1 == range.Entry.BaseOffset),
                "a merge is of entries in a row");
            previous = range;
            MergedRangeCount++;
        }
    }

    public void NoteMergedObject(long objectId) => _merged.Add(objectId);

    public Payload NewPayload(long logId, int length, int records) => new(++_payloads, logId, length, records);

    public void Write(ContainerKind kind, long id, long position, Payload payload)
    {
        if (!_files.TryGetValue((kind, id), out var file))
        {
            _files.Add((kind, id), file = []);
        }

        file.Add(position, payload);
    }

    public void CreateFile(ContainerKind kind, long id) => _files.TryAdd((kind, id), []);

    public void Delete(ContainerKind kind, long id) => _files.Remove((kind, id));

    /// <summary>The batches in these bytes; null when the file is not there or the borders are not theirs.</summary>
    public List<Payload>? Read(ContainerKind kind, long id, long position, long length)
    {
        if (!_files.TryGetValue((kind, id), out var file))
        {
            return null;
        }

        var found = new List<Payload>();
        for (var at = position; at < position + length;)
        {
            if (!file.TryGetValue(at, out var payload))
            {
                return null;
            }

            found.Add(payload);
            at += payload.Length;
        }

        return found;
    }

    /// <summary>What the rules say of a batch that is being committed; takes it in when they accept it.</summary>
    public void JudgeAppend(BatchCommit batch, Payload payload, BatchCommitResult result)
    {
        if (!Logs.TryGetValue(batch.LogId, out var log))
        {
            Assert.Equal((int)ErrorCode.UnknownTopicOrPartition, result.ErrorCode);
            return;
        }

        var producer = default(ModelProducer);
        if (batch.ProducerId >= 0)
        {
            producer = log.Producers.GetValueOrDefault(batch.ProducerId) ?? new ModelProducer();
            var (error, duplicateOf) = producer.Judge(batch.ProducerEpoch, batch.BaseSequence, batch.RecordCount);
            Assert.Equal((int)error, result.ErrorCode);
            Assert.Equal(duplicateOf is not null, result.Duplicate);
            if (error != ErrorCode.None || duplicateOf is not null)
            {
                Assert.Equal(duplicateOf ?? -1, result.BaseOffset);
                return;
            }
        }

        Assert.Equal(0, result.ErrorCode);
        Assert.Equal(log.NextOffset, result.BaseOffset);
        if (producer is not null)
        {
            producer.Accept(batch.ProducerEpoch, batch.BaseSequence, batch.RecordCount, result.BaseOffset);
            log.Producers[batch.ProducerId] = producer;
        }

        log.Append(payload);
    }

    /// <summary>A reader looks up where an offset lies, and will read there later.</summary>
    public void Resolve(Random random)
    {
        var (logId, _) = Logs.ElementAt(random.Next(Logs.Count));
        var log = States.State.Topics.FindLog(logId)!;
        if (log.HighWatermark > log.LogStartOffset)
        {
            var cursor = log.Index.Find(random.NextInt64(log.LogStartOffset, log.HighWatermark));
            _readers.Add((log.Index[cursor], States.NowMs));
        }
    }

    /// <summary>S1 and S2: every offset from log start on lies in exactly one entry, and its bytes are there.</summary>
    public void CheckReadable()
    {
        foreach (var (logId, model) in Logs)
        {
            var log = States.State.Topics.FindLog(logId);
            Assert.NotNull(log);
            Assert.Equal(model.NextOffset, log.NextOffset);
            Assert.Equal(model.LogStartOffset, log.LogStartOffset);
            var next = model.LogStartOffset;
            for (var cursor = log.Index.Find(next); !log.Index.IsEnd(cursor); cursor = log.Index.Next(cursor))
            {
                var entry = log.Index[cursor];
                Assert.True(entry.BaseOffset <= next && entry.LastOffset >= next, $"{log.Id} has no entry for {next}");
                Assert.True(next == model.LogStartOffset || entry.BaseOffset == next, $"{log.Id} has two entries for {next}");
                CheckBytes(model, entry);
                next = entry.LastOffset + 1;
            }

            Assert.Equal(model.NextOffset, next);
        }

        CheckReaders();
    }

    /// <summary>S3: what is there is what the index names.</summary>
    public void CheckNothingIsLeft()
    {
        var named = new HashSet<(ContainerKind, long)>();
        foreach (var logId in Logs.Keys)
        {
            foreach (var entry in StateContext.EntriesOf(States.State.Topics.FindLog(logId)!))
            {
                named.Add((entry.Kind, entry.ContainerId));
            }
        }

        Assert.Equal(named.Order(), _files.Keys.Order());
        Assert.Equal(named.Count, States.State.Containers.SegmentCount + States.State.Containers.ObjectCount);
        Assert.Equal(Logs.Count, States.State.Topics.LogCount);
    }

    private void CheckBytes(ModelLog model, in BatchIndexEntry entry)
    {
        var expected = model.Find(entry.BaseOffset, entry.LastOffset);
        var bytes = Read(entry.Kind, entry.ContainerId, entry.Position, entry.Length);
        Assert.True(bytes is not null, $"{entry} names what is not there");
        if (expected is null)
        {
            Assert.Fail($"{entry} does not begin and end with batches");
        }

        Assert.Equal(expected, bytes);
    }

    private void CheckReaders()
    {
        _readers.RemoveAll(r => r.ResolvedAtMs + ReadGraceMs < States.NowMs);
        foreach (var (entry, _) in _readers)
        {
            Assert.True(
                Read(entry.Kind, entry.ContainerId, entry.Position, entry.Length) is not null,
                $"{entry} went away under a reader");
        }
    }
}
