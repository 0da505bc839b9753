using System.Diagnostics;
using Google.Protobuf;
using Spillway.Kafka.Errors;
using Spillway.Metadata.Log;
using Spillway.Rpc.Commit;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Benchmarks.Metadata;

/// <summary>
/// What one CommitBlock costs the log's thread: parsed and applied, for a large block (1,600 batches over 320 partitions, all of idempotent
/// producers) and for a small one (10 batches). Run with <c>metadata [blocks]</c>.
/// </summary>
internal static class BlockCommitMeasurement
{
    public static void Run(ReadOnlySpan<string> args)
    {
        var blocks = args.Length > 0 ? int.Parse(args[0], System.Globalization.CultureInfo.InvariantCulture) : 300;
        Measure(batches: 1600, partitions: 320, blocks);
        Measure(batches: 10, partitions: 320, blocks * 50);
    }

    private static void Measure(int batches, int partitions, int blocks)
    {
        var machine = new MetadataStateMachine();
        ulong index = 0;
        var topic = new CreateTopic
        {
            TopicId = ByteString.CopyFrom(Guid.NewGuid().ToByteArray()), Name = "t", Partitions = partitions, ReplicationFactor = 1,
        };
        Apply(new Command { CreateTopics = new CreateTopics { Topics = { topic } } });
        Apply(new Command
        {
            RegisterNode = new RegisterNode
            {
                Request = new RegisterRequest { Kind = NodeKind.Writer, Name = "w", ProcessId = "p" }, LeaseMs = 1,
            },
        });
        Apply(new Command
        {
            OpenSegment = new OpenSegmentRequest { WriterId = 1, WriterEpoch = 1, Volume = "v", RequestToken = "t" },
        });

        var commands = new byte[blocks][];
        var sequences = new int[partitions];
        long position = 4096;
        for (var b = 0; b < blocks; b++)
        {
            var block = new CommitBlockRequest
            {
                WriterId = 1, WriterEpoch = 1, SegmentId = 1, BlockSeq = b + 1, PayloadPosition = position,
            };
            for (var i = 0; i < batches; i++)
            {
                var partition = (i + b) % partitions;
                block.Batches.Add(new BatchCommit
                {
                    LogId = partition + 1,
                    Position = i * 4096,
                    Length = 4096,
                    RecordCount = 40,
                    MaxTimestamp = 1_790_000_000_000 + b,
                    ProducerId = 7,
                    ProducerEpoch = 0,
                    BaseSequence = sequences[partition],
                });
                sequences[partition] += 40;
            }

            position += batches * 4096L;
            commands[b] = new Command { TimeMs = 1_790_000_000_000, CommitBlock = block }.ToByteArray();
        }

        var times = new double[blocks];
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        for (var b = 0; b < blocks; b++)
        {
            var start = Stopwatch.GetTimestamp();
            var reply = (BlockOutcome)machine.Apply(++index, commands[b]);
            machine.OnGroupApplied(index);
            times[b] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            Trace.Assert(reply.Status == CommitStatus.Committed && reply.Batches[0].Error == ErrorCode.None, "the block was applied");
        }

        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        var warm = times[(blocks / 3)..];
        Array.Sort(warm);
        Console.WriteLine(
            $"{batches} batches, {partitions} partitions: command {commands[^1].Length} B, p50 {warm[warm.Length / 2]:F3} ms, "
            + $"p99 {warm[warm.Length * 99 / 100]:F3} ms, {allocated / blocks / 1024} KiB allocated a block");

        void Apply(Command command) => machine.Apply(++index, command.ToByteArray());
    }
}
