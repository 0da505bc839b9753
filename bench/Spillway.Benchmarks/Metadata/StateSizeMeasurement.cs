using System.Globalization;
using Google.Protobuf;
using Spillway.Metadata.Log;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Benchmarks.Metadata;

/// <summary>
/// What cold data costs metadata, in memory and in a snapshot: a partition, and an object with so many index entries of as many partitions.
/// Run with <c>state [objects [partitions]]</c>.
/// </summary>
internal sealed class StateSizeMeasurement
{
    private const int DeleteCountMax = 1000;

    private readonly MetadataStateMachine _machine = new();
    private readonly int _partitions;
    private ulong _index;
    private long _blockSeq;

    private StateSizeMeasurement(int partitions) => _partitions = partitions;

    public static void Run(ReadOnlySpan<string> args)
    {
        var objects = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 10_000;
        var partitions = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 10_000;
        foreach (var entries in new[] { 1, 8, 64 })
        {
            new StateSizeMeasurement(partitions).Measure(objects, entries);
        }
    }

    private void Measure(int objects, int entriesPerObject)
    {
        var nothing = Size();
        var topic = new CreateTopic
        {
            TopicId = ByteString.CopyFrom(Guid.NewGuid().ToByteArray()), Name = "t", Partitions = _partitions, ReplicationFactor = 1,
        };
        Apply<CreateTopicsResult>(new Command { CreateTopics = new CreateTopics { Topics = { topic } } });
        Register(NodeKind.Writer);
        Register(NodeKind.Compactor);
        var created = Size();
        for (var i = 0; i < objects; i++)
        {
            Drain(i, entriesPerObject);
        }

        DeleteSegments();
        var drained = Size();
        var (memory, snapshot) = Each(nothing, created, _partitions);
        var (objectMemory, objectSnapshot) = Each(created, drained, objects);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{_partitions} partitions, {objects} objects of {entriesPerObject} index entries: a partition takes {memory} B of memory and {snapshot} B of "
            + $"a snapshot, an object with its entries {objectMemory} B and {objectSnapshot} B; in all {drained.Memory >> 20} MiB and "
            + $"{drained.Snapshot >> 20} MiB"));
        GC.KeepAlive(_machine);
    }

    private void Drain(int number, int entries)
    {
        var segment = Apply<OpenSegmentReply>(new Command
        {
            OpenSegment = new OpenSegmentRequest { WriterId = 1, WriterEpoch = 1, Volume = "v", RequestToken = $"{number}" },
        });
        var block = new CommitBlockRequest
        {
            WriterId = 1, WriterEpoch = 1, SegmentId = segment.SegmentId, BlockSeq = ++_blockSeq, PayloadPosition = 4096,
        };
        for (var i = 0; i < entries; i++)
        {
            block.Batches.Add(new BatchCommit
            {
                LogId = ((((long)number * entries) + i) % _partitions) + 1, Position = i * 200, Length = 100, RecordCount = 1,
                MaxTimestamp = 1_790_000_000_000, ProducerId = -1, ProducerEpoch = -1, BaseSequence = -1,
            });
        }

        Apply<object>(new Command { CommitBlock = block });
        Apply<SealSegmentReply>(new Command
        {
            SealSegment = new SealSegmentRequest { WriterId = 1, WriterEpoch = 1, SegmentId = segment.SegmentId },
        });
        var job = Acquire(readGraceMs: long.MaxValue / 2)!;
        var prepared = Apply<PrepareObjectReply>(new Command
        {
            PrepareObject = new PrepareObjectRequest { JobId = job.JobId, CompactorId = 1, CompactorEpoch = 1, TtlMs = 60_000 },
        });
        var commit = new CommitObjectRequest { ObjectId = prepared.ObjectId, SizeBytes = 100 * entries };
        commit.Ranges.AddRange(job.Ranges.Select((range, i) => new ObjectRange
        {
            LogId = range.LogId,
            BaseOffset = range.Entry.BaseOffset,
            LastOffset = range.Entry.LastOffset,
            MaxTimestamp = range.Entry.MaxTimestamp,
            Position = i * 100,
            Length = range.Entry.Length,
            RewriteVersion = range.RewriteVersion,
        }));
        Apply<CommitObjectReply>(new Command { CommitObject = commit });
        Complete(job);
    }

    private void DeleteSegments()
    {
        while (Acquire(readGraceMs: 0) is { } job)
        {
            Complete(job);
        }
    }

    private Job? Acquire(long readGraceMs) => Apply<AcquireJobReply>(new Command
    {
        AcquireJob = new AcquireJob
        {
            Request = new AcquireJobRequest { CompactorId = 1, CompactorEpoch = 1 },
            LeaseMs = 60_000,
            ReadGraceMs = readGraceMs,
            DrainBytesTarget = 1 << 30,
            DrainRangesMax = 8192,
            DeleteCountMax = DeleteCountMax,
        },
    }).Job;

    private void Complete(Job job) => Apply<CompleteJobReply>(new Command
    {
        CompleteJob = new CompleteJob
        {
            Request = new CompleteJobRequest
            {
                JobId = job.JobId, CompactorId = 1, CompactorEpoch = 1, Deleted = { job.Kind == JobKind.Delete ? job.Containers : [] },
            },
        },
    });

    private void Register(NodeKind kind) => Apply<RegisterReply>(new Command
    {
        RegisterNode = new RegisterNode
        {
            Request = new RegisterRequest { Kind = kind, Name = "n", ProcessId = "p" }, LeaseMs = long.MaxValue / 2,
        },
    });

    private (long Memory, long Snapshot) Size()
    {
        long bytes;
        using (var snapshot = new MemoryStream())
        {
            _machine.WriteSnapshot(snapshot);
            bytes = snapshot.Length;
        }

        return (GC.GetTotalMemory(forceFullCollection: true), bytes);
    }

    private static (long Memory, long Snapshot) Each((long Memory, long Snapshot) before, (long Memory, long Snapshot) after, int count) =>
        ((after.Memory - before.Memory) / count, (after.Snapshot - before.Snapshot) / count);

    private T Apply<T>(Command command)
        where T : class
    {
        command.TimeMs = 1_790_000_000_000;
        var result = (T)_machine.Apply(++_index, command.ToByteArray());
        _machine.OnGroupApplied(_index);
        return result;
    }
}
