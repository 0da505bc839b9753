using Google.Protobuf;
using Spillway.Metadata.Log;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Benchmarks.Admin;

/// <summary>What topics and partitions take of a metadata node's memory: as created, and with one batch of one idempotent producer each.</summary>
internal static class StateMemory
{
    private const int BatchesPerBlock = 1000;

    public static void Measure(int topicCount, int partitionCount)
    {
        var machine = new MetadataStateMachine();
        ulong index = 0;
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < topicCount; i++)
        {
            var topic = new CreateTopic
            {
                TopicId = ByteString.CopyFrom(Guid.NewGuid().ToByteArray()),
                Name = $"topic-{i}",
                Partitions = partitionCount,
                ReplicationFactor = 1,
            };
            Apply(new Command { CreateTopics = new CreateTopics { Topics = { topic } } });
        }

        var logs = topicCount * partitionCount;
        var created = GC.GetTotalMemory(forceFullCollection: true);
        Apply(new Command
        {
            RegisterNode = new RegisterNode
            {
                Request = new RegisterRequest { Kind = NodeKind.Writer, Name = "w", ProcessId = "p" }, LeaseMs = 1,
            },
        });
        Apply(new Command { OpenSegment = new OpenSegmentRequest { WriterId = 1, WriterEpoch = 1, Volume = "v", RequestToken = "t" } });
        for (var first = 0; first < logs; first += BatchesPerBlock)
        {
            var block = new CommitBlockRequest
            {
                WriterId = 1, WriterEpoch = 1, SegmentId = 1, BlockSeq = (first / BatchesPerBlock) + 1, PayloadPosition = 4096L * (first + 1),
            };
            for (var i = first; i < Math.Min(first + BatchesPerBlock, logs); i++)
            {
                block.Batches.Add(new BatchCommit
                {
                    LogId = i + 1, Position = (i - first) * 100, Length = 100, RecordCount = 1, MaxTimestamp = 1_790_000_000_000, ProducerId = 7,
                });
            }

            Apply(new Command { TimeMs = 1_790_000_000_000, CommitBlock = block });
        }

        var used = GC.GetTotalMemory(forceFullCollection: true);
        Console.WriteLine(
            $"metadata's state, {logs} partitions: {(created - before) / logs} B a partition as created, "
            + $"{(used - before) / logs} B with one batch of one producer");
        GC.KeepAlive(machine);

        void Apply(Command command)
        {
            machine.Apply(++index, command.ToByteArray());
            machine.OnGroupApplied(index);
        }
    }
}
