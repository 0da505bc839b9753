using Spillway.Conformance.Tests.Cases;
using Spillway.Conformance.Tests.Wire;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Transactions;

/// <summary>Transactional producers at one topic, and what readers of committed records must be given of it.</summary>
internal sealed class TransactionLoad(KafkaWire wire, TestTopic topic, int partitionCount, Random random)
{
    private readonly List<Producer> _producers = [];
    private readonly Dictionary<int, List<(long First, int Count, Transaction? Of)>> _written = [];

    public async Task StartAsync(int producerCount)
    {
        for (var i = 0; i < producerCount; i++)
        {
            var name = CaseRun.NewName("x");
            var request = new InitProducerIdRequest
            {
                TransactionalId = name, TransactionTimeoutMs = 60_000, ProducerId = -1, ProducerEpoch = -1,
            };
            var reply = await wire.AskAsync<InitProducerIdResponse>(request, 4);
            Assert.Equal(0, reply.ErrorCode);
            _producers.Add(new Producer(name, reply.ProducerId, reply.ProducerEpoch));
        }
    }

    public async Task StepAsync()
    {
        var producer = _producers[random.Next(_producers.Count)];
        if (producer.Open is not null && random.Next(3) == 0)
        {
            await EndAsync(producer, random.Next(2) == 0);
        }
        else if (random.Next(6) == 0)
        {
            var partition = random.Next(partitionCount);
            var count = random.Next(1, 4);
            await WriteAsync(partition, Batch.Of(count), count, null, null);
        }
        else
        {
            await ProduceAsync(producer, random.Next(partitionCount));
        }
    }

    public async Task EndAllAsync()
    {
        foreach (var producer in _producers.Where(static producer => producer.Open is not null))
        {
            await EndAsync(producer, random.Next(2) == 0);
        }
    }

    /// <summary>Where the first open transaction begins, if any is open in the partition.</summary>
    public long? FirstOpen(int partition) => Written(partition)
        .Where(static batch => batch.Of is { IsCommitted: null }).Select(static batch => (long?)batch.First).FirstOrDefault();

    /// <summary>Offsets of all committed records from one offset up to another.</summary>
    public List<long> Committed(int partition, long from, long to) => Written(partition)
        .Where(static batch => batch.Of is null or { IsCommitted: true })
        .SelectMany(static batch => Enumerable.Range(0, batch.Count).Select(i => batch.First + i))
        .Where(offset => offset >= from && offset < to).ToList();

    private List<(long First, int Count, Transaction? Of)> Written(int partition) =>
        _written.TryGetValue(partition, out var written) ? written : _written[partition] = [];

    private async Task ProduceAsync(Producer producer, int partition)
    {
        producer.Open ??= new Transaction();
        if (producer.Open.Partitions.Add(partition))
        {
            var add = new AddPartitionsToTxnRequest
            {
                V3AndBelowTransactionalId = producer.Name, V3AndBelowProducerId = producer.Id, V3AndBelowProducerEpoch = producer.Epoch,
            };
            add.V3AndBelowTopics.Add(new() { Name = topic.Name, Partitions = { partition } });
            var added = await wire.AskAsync<AddPartitionsToTxnResponse>(add, 3);
            Assert.Equal(0, added.ResultsByTopicV3AndBelow[0].ResultsByPartition[0].PartitionErrorCode);
        }

        var count = random.Next(1, 4);
        var sequence = producer.Sequences.GetValueOrDefault(partition);
        producer.Sequences[partition] = sequence + count;
        var batch = Batch.Of(producer.Id, producer.Epoch, sequence, count, transactional: true);
        await WriteAsync(partition, batch, count, producer.Open, producer.Name);
    }

    private async Task WriteAsync(int partition, byte[] batch, int count, Transaction? transaction, string? name)
    {
        var answer = await wire.AskAsync<ProduceResponse>(ProduceRequests.To(topic, batch, partition, transactionalId: name), 9);
        var result = answer.Responses[0].PartitionResponses[0];
        Assert.Equal(0, result.ErrorCode);
        Written(partition).Add((result.BaseOffset, count, transaction));
    }

    private async Task EndAsync(Producer producer, bool commit)
    {
        var request = new EndTxnRequest
        {
            TransactionalId = producer.Name, ProducerId = producer.Id, ProducerEpoch = producer.Epoch, Committed = commit,
        };
        Assert.Equal(0, (await wire.AskAsync<EndTxnResponse>(request, 3)).ErrorCode);
        producer.Open!.IsCommitted = commit;
        producer.Open = null;
    }

    private sealed class Transaction
    {
        /// <summary>Null while it is open.</summary>
        public bool? IsCommitted { get; set; }

        public HashSet<int> Partitions { get; } = [];
    }

    private sealed class Producer(string name, long id, short epoch)
    {
        public string Name { get; } = name;

        public long Id { get; } = id;

        public short Epoch { get; } = epoch;

        public Dictionary<int, int> Sequences { get; } = [];

        public Transaction? Open { get; set; }
    }
}
