using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Groups;

/// <summary>
/// OffsetFetch: one group, from v8 on many (KIP-709), null for all topics (v2), leader epochs (v5), stable offsets (KIP-447, v7), topic
/// ids (KIP-848, v10).
/// </summary>
public sealed class OffsetFetchTests(BrokerFixture broker)
{
    private static readonly ApiCases<OffsetFetchRequest, OffsetFetchResponse> Table = new()
    {
        {
            "a group that there is not has committed nothing", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                ExpectNothing(One(await AskAsync(run, CaseRun.NewName("group"), topic)));
            }
        },
        {
            "a topic that there is not has nothing committed; by id it is UNKNOWN_TOPIC_ID", Versions.All, async run =>
            {
                var answer = One(await AskAsync(run, CaseRun.NewName("group"), new(CaseRun.NewName(), Guid.NewGuid())));
                ExpectNothing(answer, run.Version >= 10 ? ErrorCode.UnknownTopicId : ErrorCode.None);
            }
        },
        {
            "a partition that there is not has nothing committed", Versions.All, async run =>
                ExpectNothing(One(await AskAsync(run, CaseRun.NewName("group"), await run.CreateTopicAsync(), partition: 77)))
        },
        {
            "what another group committed is not seen", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                await OffsetRequests.CommitAsync(run, CaseRun.NewName("group"), topic, 5);
                ExpectNothing(One(await AskAsync(run, CaseRun.NewName("group"), topic)));
            }
        },
        {
            "no topics get no answers", Versions.All, async run =>
            {
                var group = CaseRun.NewName("group");
                await OffsetRequests.CommitAsync(run, group, await run.CreateTopicAsync(), 5);
                var answer = run.Version >= 8
                    ? new OffsetFetchRequest { Groups = { new() { GroupId = group, Topics = [] } } }
                    : new OffsetFetchRequest { GroupId = group, Topics = [] };
                Assert.Empty(TopicsOf(await run.AskAsync(answer), run.Version));
            }
        },
        {
            "null asks for all that is committed", Versions.Since(2), async run =>
            {
                var group = CaseRun.NewName("group");
                var (first, second) = (await run.CreateTopicAsync(), await run.CreateTopicAsync(partitionCount: 2));
                await OffsetRequests.CommitAsync(run, group, first, 5, metadata: "m");
                await OffsetRequests.CommitAsync(run, group, second, 6, partition: 1);
                var topics = TopicsOf(await run.AskAsync(AllOf(run.Version, group)), run.Version);

                Assert.Equal(2, topics.Count);
                var one = Assert.Single(topics.Single(t => IsTopic(t, first, run.Version)).Partitions);
                Assert.Equal((0, 5, "m"), (one.PartitionIndex, one.CommittedOffset, one.Metadata));
                var other = Assert.Single(topics.Single(t => IsTopic(t, second, run.Version)).Partitions);
                Assert.Equal((1, 6), (other.PartitionIndex, other.CommittedOffset));
            }
        },
        {
            "null asks a group that there is not for nothing", Versions.Since(2), async run =>
                Assert.Empty(TopicsOf(await run.AskAsync(AllOf(run.Version, CaseRun.NewName("group"))), run.Version))
        },
        {
            "offset, metadata and leader epoch", Versions.All, async run =>
            {
                var group = CaseRun.NewName("group");
                var topic = await run.CreateTopicAsync();
                var commit = OffsetRequests.CommitOf(group, topic, 42, metadata: "m");
                commit.Topics[0].Partitions[0].CommittedLeaderEpoch = 7;
                await run.AskAsync<OffsetCommitResponse>(commit, 9);
                var answer = One(await AskAsync(run, group, topic));

                Assert.Equal((42, "m", run.Version >= 5 ? 7 : -1), (answer.CommittedOffset, answer.Metadata, answer.CommittedLeaderEpoch));
                Expect.NoError(answer.ErrorCode);
            }
        },
        {
            // KIP-447: without a transaction that is open, what is committed is stable.
            "stable offsets are those committed where no transaction is open", Versions.Since(7), async run =>
            {
                var group = CaseRun.NewName("group");
                var topic = await run.CreateTopicAsync();
                await OffsetRequests.CommitAsync(run, group, topic, 5);
                var request = Of(run.Version, group, topic, 0);
                request.RequireStable = true;
                var answer = Assert.Single(Assert.Single(TopicsOf(await run.AskAsync(request), run.Version)).Partitions);
                Assert.Equal(5, answer.CommittedOffset);
            }
        },
        {
            "each of many groups has its own answer, in order", Versions.Since(8), async run =>
            {
                var topic = await run.CreateTopicAsync();
                string[] groups = [CaseRun.NewName("group"), CaseRun.NewName("group"), CaseRun.NewName("group")];
                await OffsetRequests.CommitAsync(run, groups[0], topic, 1);
                await OffsetRequests.CommitAsync(run, groups[2], topic, 3);
                var request = new OffsetFetchRequest();
                request.Groups.AddRange(groups.SelectMany(group => Of(run.Version, group, topic, 0).Groups));
                var answer = await run.AskAsync(request);

                Assert.Equal(groups, answer.Groups.Select(static g => g.GroupId));
                Assert.Equal([1, -1, 3], answer.Groups.Select(static g => g.Topics[0].Partitions[0].CommittedOffset));
            }
        },
        {
            "what was committed for a deleted topic has gone", Versions.Since(2), async run =>
            {
                var group = CaseRun.NewName("group");
                var topic = await run.CreateTopicAsync();
                await OffsetRequests.CommitAsync(run, group, topic, 5);
                await run.AskAsync<DeleteTopicsResponse>(new DeleteTopicsRequest { TopicNames = { topic.Name } }, 5);
                Assert.Empty(TopicsOf(await run.AskAsync(AllOf(run.Version, group)), run.Version));
            }
        },
        {
            "a topic that was made again begins without offsets", Versions.Until(9), async run =>
            {
                var group = CaseRun.NewName("group");
                var topic = await run.CreateTopicAsync();
                await OffsetRequests.CommitAsync(run, group, topic, 5);
                await run.AskAsync<DeleteTopicsResponse>(new DeleteTopicsRequest { TopicNames = { topic.Name } }, 5);
                var again = new CreateTopicsRequest { Topics = { new() { Name = topic.Name, NumPartitions = 1, ReplicationFactor = 1 } } };
                await run.AskAsync<CreateTopicsResponse>(again, 5);
                ExpectNothing(One(await AskAsync(run, group, topic)));
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task OffsetFetch_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static OffsetFetchRequest Of(short version, string group, TestTopic topic, int partition) => version < 8
        ? new() { GroupId = group, Topics = [new() { Name = topic.Name, PartitionIndexes = { partition } }] }
        : new()
        {
            Groups =
            {
                new() { GroupId = group, Topics = [new() { Name = topic.Name, TopicId = topic.Id, PartitionIndexes = { partition } }] },
            },
        };

    private static OffsetFetchRequest AllOf(short version, string group) => version < 8
        ? new() { GroupId = group, Topics = null }
        : new() { Groups = { new() { GroupId = group, Topics = null } } };

    private static async Task<List<OffsetFetchResponse.OffsetFetchResponseTopics>> AskAsync(
        CaseRun<OffsetFetchRequest, OffsetFetchResponse> run, string group, TestTopic topic, int partition = 0) =>
        TopicsOf(await run.AskAsync(Of(run.Version, group, topic, partition)), run.Version);

    // Before v8 there is one group, and its topics lie where later the groups do.
    private static List<OffsetFetchResponse.OffsetFetchResponseTopics> TopicsOf(OffsetFetchResponse answer, short version)
    {
        if (version >= 8)
        {
            var group = Assert.Single(answer.Groups);
            Expect.NoError(group.ErrorCode);
            return group.Topics;
        }

        Expect.NoError(answer.ErrorCode);
        return
        [
            .. answer.Topics.Select(static topic => new OffsetFetchResponse.OffsetFetchResponseTopics
            {
                Name = topic.Name,
                Partitions =
                [
                    .. topic.Partitions.Select(static p => new OffsetFetchResponse.OffsetFetchResponsePartitions
                    {
                        PartitionIndex = p.PartitionIndex,
                        CommittedOffset = p.CommittedOffset,
                        CommittedLeaderEpoch = p.CommittedLeaderEpoch,
                        Metadata = p.Metadata,
                        ErrorCode = p.ErrorCode,
                    }),
                ],
            }),
        ];
    }

    private static bool IsTopic(OffsetFetchResponse.OffsetFetchResponseTopics answer, TestTopic topic, short version) =>
        version >= 10 ? answer.TopicId == topic.Id : answer.Name == topic.Name;

    private static OffsetFetchResponse.OffsetFetchResponsePartitions One(
        List<OffsetFetchResponse.OffsetFetchResponseTopics> topics) => Assert.Single(Assert.Single(topics).Partitions);

    private static void ExpectNothing(OffsetFetchResponse.OffsetFetchResponsePartitions answer, ErrorCode error = ErrorCode.None)
    {
        Expect.Error(error, answer.ErrorCode);
        Assert.Equal((-1, -1, ""), (answer.CommittedOffset, answer.CommittedLeaderEpoch, answer.Metadata));
    }
}
