using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Fetching;

/// <summary>Fetch sessions over the wire, in every version that has them (KIP-227, v7 on).</summary>
public sealed class FetchSessionTests(BrokerFixture broker)
{
    private const int SessionVersion = 7;

    private static readonly ApiCases<FetchRequest, FetchResponse> Table = new()
    {
        {
            "versions before sessions have none", Versions.Until(SessionVersion - 1), async run =>
                Assert.Equal(0, (await run.AskAsync(FetchRequests.From(await run.CreateTopicAsync(), 0))).SessionId)
        },
        {
            "a request with the final epoch makes no session", Versions.Since(SessionVersion), async run =>
                Assert.Equal(0, (await run.AskAsync(FetchRequests.From(await run.CreateTopicAsync(), 0))).SessionId)
        },
        {
            "a session answers with what is news", Versions.Since(SessionVersion), async run =>
            {
                var topic = await run.CreateTopicAsync();
                await run.ProduceAsync(topic, Batch.Of(2));
                var id = await BeginAsync(run, topic);

                Assert.Empty((await run.AskAsync(Next(id, 1))).Responses);
                await run.ProduceAsync(topic, Batch.Of(3));
                var news = await run.AskAsync(Next(id, 2));
                Assert.Equal(id, news.SessionId);
                Assert.Equal(3, FetchRequests.CountRecords(Assert.Single(Assert.Single(news.Responses).Partitions)));
            }
        },
        {
            "a session takes another offset of a partition", Versions.Since(SessionVersion), async run =>
            {
                var topic = await run.CreateTopicAsync();
                await run.ProduceAsync(topic, Batch.Of(2));
                await run.ProduceAsync(topic, Batch.Of(3));
                var id = await BeginAsync(run, topic);
                var request = FetchRequests.From(topic, 0);
                (request.SessionId, request.SessionEpoch) = (id, 1);

                Assert.Equal(5, FetchRequests.CountRecords(Assert.Single(Assert.Single((await run.AskAsync(request)).Responses).Partitions)));
            }
        },
        {
            "a forgotten partition is read no more", Versions.Since(SessionVersion), async run =>
            {
                var topic = await run.CreateTopicAsync(partitionCount: 2);
                var request = FetchRequests.From(topic, 0);
                request.SessionEpoch = 0;
                request.Topics[0].Partitions.Add(new() { Partition = 1, FetchOffset = 0, PartitionMaxBytes = 1000 });
                var id = (await run.AskAsync(request)).SessionId;
                var forget = Next(id, 1);
                forget.ForgottenTopicsData.Add(new() { Topic = topic.Name, TopicId = topic.Id, Partitions = { 1 } });
                await run.AskAsync(forget);
                await run.ProduceAsync(topic, Batch.Of(1), partition: 1);

                Assert.Empty((await run.AskAsync(Next(id, 2))).Responses);
            }
        },
        {
            // KIP-227 and KIP-74: what had records comes last the next time, so that limits starve nobody.
            "partitions of a session take turns where one fills an answer", Versions.Since(SessionVersion), async run =>
            {
                var topic = await run.CreateTopicAsync(partitionCount: 2);
                for (var i = 0; i < 8; i++)
                {
                    await run.ProduceAsync(topic, Batch.Of(1, valueBytes: 2000), partition: i % 2);
                }

                var request = FetchRequests.From(topic, 0);
                request.Topics[0].Partitions.Add(new() { Partition = 1, FetchOffset = 0, PartitionMaxBytes = 10 << 20 });
                (request.SessionEpoch, request.MaxBytes) = (0, 100);
                var answer = await run.AskAsync(request);
                var (served, next) = (new List<int>(), new long[2]);
                for (var epoch = 1; epoch <= 5; epoch++)
                {
                    var partition = answer.Responses.SelectMany(static t => t.Partitions).Single(static p => p.Records is { Length: > 0 });
                    Assert.Equal(next[partition.PartitionIndex]++, FetchRequests.Headers(partition).Single().BaseOffset);
                    served.Add(partition.PartitionIndex);
                    var advanced = FetchRequests.From(topic, next[partition.PartitionIndex], partition.PartitionIndex);
                    (advanced.SessionId, advanced.SessionEpoch, advanced.MaxBytes) = (answer.SessionId, epoch, 100);
                    answer = await run.AskAsync(advanced);
                }

                // Which of them is first after the answer that begins the session is the broker's affair.
                Assert.All(served.Skip(1).Zip(served.Skip(2)), static turn => Assert.NotEqual(turn.First, turn.Second));
            }
        },
        {
            "a wrong epoch is INVALID_FETCH_SESSION_EPOCH", Versions.Since(SessionVersion), async run =>
            {
                var id = await BeginAsync(run, await run.CreateTopicAsync());
                Expect.Error(ErrorCode.InvalidFetchSessionEpoch, (await run.AskAsync(Next(id, 7))).ErrorCode);
            }
        },
        {
            "a session that is ended is FETCH_SESSION_ID_NOT_FOUND", Versions.Since(SessionVersion), async run =>
            {
                var id = await BeginAsync(run, await run.CreateTopicAsync());
                Assert.Equal(0, (await run.AskAsync(Next(id, -1))).SessionId);

                Expect.Error(ErrorCode.FetchSessionIdNotFound, (await run.AskAsync(Next(id, 1))).ErrorCode);
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Sessions_answer_as_Kafkas(string name, short version) => Table.RunAsync(broker, name, version);

    /// <summary>A session that reads the partition's end.</summary>
    private static async Task<int> BeginAsync(CaseRun<FetchRequest, FetchResponse> run, TestTopic topic)
    {
        var end = Assert.Single(Assert.Single((await run.AskAsync(FetchRequests.From(topic, 0))).Responses).Partitions).HighWatermark;
        var request = FetchRequests.From(topic, end);
        request.SessionEpoch = 0;
        var response = await run.AskAsync(request);
        Expect.NoError(response.ErrorCode);
        Assert.True(response.SessionId > 0);
        return response.SessionId;
    }

    private static FetchRequest Next(int sessionId, int epoch) => new()
    {
        ReplicaId = -1, MaxBytes = 50 << 20, SessionId = sessionId, SessionEpoch = epoch,
    };
}
