using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Wire;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Cases;

/// <summary>What cases need around the request that they are about. Names that it makes up are no other case's.</summary>
internal abstract class CaseRun(BrokerFixture broker, KafkaWire wire) : IDisposable
{
    private readonly List<KafkaWire> _others = [];

    public BrokerFixture Broker => broker;

    public KafkaWire Wire => wire;

    /// <summary>A name that nobody has.</summary>
    public static string NewName(string prefix = "t") => $"{prefix}-{Guid.NewGuid():N}";

    /// <summary>Another client, until the case ends.</summary>
    public async Task<KafkaWire> OpenAsync()
    {
        var other = await KafkaWire.OpenAsync(broker);
        _others.Add(other);
        return other;
    }

    /// <summary>Asks another API, in a version of the caller's choice.</summary>
    public Task<TResponse> AskAsync<TResponse>(IKafkaRequest request, short version)
        where TResponse : class, IKafkaResponse => wire.AskAsync<TResponse>(request, version);

    public async Task<TestTopic> CreateTopicAsync(int partitionCount = 1, params (string Key, string Value)[] configs)
    {
        var asked = new CreateTopicsRequest.CreatableTopic
        {
            Name = NewName(), NumPartitions = partitionCount, ReplicationFactor = 1,
        };
        asked.Configs.AddRange(
            configs.Select(static c => new CreateTopicsRequest.CreatableTopicConfig { Name = c.Key, Value = c.Value }));
        var answer = await AskAsync<CreateTopicsResponse>(new CreateTopicsRequest { TimeoutMs = 30_000, Topics = { asked } }, 7);
        Assert.True(answer.Topics[0].ErrorCode == 0, $"{(ErrorCode)answer.Topics[0].ErrorCode} {answer.Topics[0].ErrorMessage}");
        return new TestTopic(asked.Name, answer.Topics[0].TopicId);
    }

    /// <summary>Produces a batch and gives the offset of its first record.</summary>
    public async Task<long> ProduceAsync(TestTopic topic, byte[] batch, int partition = 0)
    {
        var answer = await AskAsync<ProduceResponse>(ProduceRequests.To(topic, batch, partition), 9);
        var result = answer.Responses[0].PartitionResponses[0];
        Assert.Equal(ErrorCode.None, (ErrorCode)result.ErrorCode);
        return result.BaseOffset;
    }

    /// <summary>The only broker.</summary>
    public async Task<int> GetBrokerIdAsync() =>
        Assert.Single((await AskAsync<MetadataResponse>(new MetadataRequest { Topics = [] }, 9)).Brokers).NodeId;

    /// <summary>Raises the log start offset.</summary>
    public async Task DeleteRecordsAsync(TestTopic topic, long beforeOffset, int partition = 0)
    {
        var request = new DeleteRecordsRequest
        {
            TimeoutMs = 30_000,
            Topics = { new() { Name = topic.Name, Partitions = { new() { PartitionIndex = partition, Offset = beforeOffset } } } },
        };
        var answer = await AskAsync<DeleteRecordsResponse>(request, 2);
        Assert.Equal(ErrorCode.None, (ErrorCode)answer.Topics[0].Partitions[0].ErrorCode);
    }

    /// <summary>
    /// Fetches all of a partition for READ_COMMITTED once the last stable offset is there: Kafka answers the end of a transaction before its
    /// markers are written, so nobody may count on seeing them at once.
    /// </summary>
    public async Task<FetchResponse.PartitionData> FetchStableAsync(TestTopic topic, long lastStableOffset)
    {
        var request = FetchRequests.From(topic, 0);
        request.IsolationLevel = 1;
        var began = TimeProvider.System.GetTimestamp();
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (true)
        {
            var partition = (await AskAsync<FetchResponse>(request, 12)).Responses[0].Partitions[0];
            if (partition.LastStableOffset >= lastStableOffset)
            {
                return partition;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromMinutes(1), $"stable up to {partition.LastStableOffset} only");
            await pause.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }

    public void Dispose()
    {
        wire.Dispose();
        foreach (var other in _others)
        {
            other.Dispose();
        }
    }
}
