using System.Diagnostics;
using System.Globalization;
using Google.Protobuf;
using Spillway.Kafka.Errors;
using Spillway.Metadata.Log;
using Spillway.Rpc.Commit;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Benchmarks.Metadata;

/// <summary>
/// What the end of one transaction costs the log's thread, by how many partitions it wrote to: its entry's bytes, and for how long the
/// state's lock is held. Half of the ends are aborts. Run with <c>transactions [partitions …]</c>.
/// </summary>
internal static class EndTransactionMeasurement
{
    private const int Rounds = 30;
    private const int PartitionsPerTopic = 10_000;
    private const int BatchesPerBlock = 1_000;

    public static void Run(ReadOnlySpan<string> args)
    {
        int[] counts = args.Length > 0 ? [] : [10, 1_000, 10_000, 100_000];
        foreach (var argument in args)
        {
            counts = [.. counts, int.Parse(argument, CultureInfo.InvariantCulture)];
        }

        foreach (var partitions in counts)
        {
            Measure(partitions);
        }
    }

    private static void Measure(int partitions)
    {
        var machine = new MetadataStateMachine();
        ulong index = 0;
        for (var left = partitions; left > 0; left -= PartitionsPerTopic)
        {
            var topic = new CreateTopic
            {
                TopicId = ByteString.CopyFrom(Guid.NewGuid().ToByteArray()),
                Name = $"t{left}",
                Partitions = Math.Min(left, PartitionsPerTopic),
                ReplicationFactor = 1,
            };
            Apply(new Command { CreateTopics = new CreateTopics { Topics = { topic } } });
        }

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
        var producer = (InitProducerResult)Apply(new Command
        {
            InitProducer = new InitProducerCall { TransactionalId = "x", TransactionTimeoutMs = 60_000, ProducerId = -1, ProducerEpoch = -1 },
        });
        var times = new double[Rounds];
        var entryBytes = 0;
        var blockSeq = 0;
        var epoch = producer.ProducerEpoch;
        for (var round = 0; round < Rounds; round++)
        {
            for (var first = 0; first < partitions; first += BatchesPerBlock)
            {
                Produce(++blockSeq, first, Math.Min(BatchesPerBlock, partitions - first), producer.ProducerId, epoch);
            }

            var end = new Command
            {
                TimeMs = 1_790_000_000_000,
                EndTransaction = new EndTransactionCall
                {
                    TransactionalId = "x",
                    ProducerId = producer.ProducerId,
                    ProducerEpoch = epoch,
                    Commit = round % 2 == 0,
                    TransactionVersion = 2,
                },
            }.ToByteArray();
            entryBytes = end.Length;
            var start = Stopwatch.GetTimestamp();
            var ended = (EndTransactionResult)machine.Apply(++index, end);
            machine.OnGroupApplied(index);
            times[round] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            Trace.Assert(ended.ErrorCode == 0, "the transaction has ended");
            epoch = ended.ProducerEpoch;
        }

        var warm = times[(Rounds / 3)..];
        Array.Sort(warm);
        Console.WriteLine(
            $"{partitions} partitions: entry {entryBytes} B, applied in p50 {warm[warm.Length / 2]:F3} ms, max {warm[^1]:F3} ms, "
            + $"{warm[warm.Length / 2] * 1e6 / partitions:F0} ns a partition");

        object Apply(Command command) => machine.Apply(++index, command.ToByteArray());

        void Produce(int seq, int firstPartition, int count, long producerId, int producerEpoch)
        {
            var block = new CommitBlockRequest
            {
                WriterId = 1, WriterEpoch = 1, SegmentId = 1, BlockSeq = seq, PayloadPosition = seq * (long)BatchesPerBlock * 4096,
            };
            for (var i = 0; i < count; i++)
            {
                block.Batches.Add(new BatchCommit
                {
                    LogId = firstPartition + i + 1,
                    Position = i * 4096,
                    Length = 4096,
                    RecordCount = 1,
                    MaxTimestamp = 1_790_000_000_000,
                    ProducerId = producerId,
                    ProducerEpoch = producerEpoch,
                    BaseSequence = 0,
                    Transactional = true,
                    TransactionalId = "x",
                    TransactionVersion = 2,
                });
            }

            var outcome = (BlockOutcome)Apply(new Command { TimeMs = 1_790_000_000_000, CommitBlock = block });
            Trace.Assert(Array.TrueForAll([.. outcome.Batches], static b => b.Error == ErrorCode.None), "the batches were appended");
        }
    }
}
