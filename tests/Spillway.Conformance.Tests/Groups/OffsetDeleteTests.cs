using System.Buffers.Binary;
using System.Text;
using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Groups;

/// <summary>OffsetDelete: KIP-496.</summary>
public sealed class OffsetDeleteTests(BrokerFixture broker)
{
    private static readonly ApiCases<OffsetDeleteRequest, OffsetDeleteResponse> Table = new()
    {
        {
            "a group that there is not is GROUP_ID_NOT_FOUND", Versions.All, async run =>
            {
                var answer = await run.AskAsync(Ask(CaseRun.NewName("group"), (await run.CreateTopicAsync()).Name));
                Expect.Error(ErrorCode.GroupIdNotFound, answer.ErrorCode);
            }
        },
        {
            "an empty group id is INVALID_GROUP_ID", Versions.All, async run =>
                Expect.Error(ErrorCode.InvalidGroupId, (await run.AskAsync(Ask("", (await run.CreateTopicAsync()).Name))).ErrorCode)
        },
        {
            "a group of another kind that has members is NON_EMPTY_GROUP", Versions.All, async run =>
            {
                var group = CaseRun.NewName("group");
                await SubscribeAsync(run, group, "t", protocolType: "connect");
                Expect.Error(ErrorCode.NonEmptyGroup, (await run.AskAsync(Ask(group, (await run.CreateTopicAsync()).Name))).ErrorCode);
            }
        },
        {
            "a topic that there is not is UNKNOWN_TOPIC_OR_PARTITION", Versions.All, async run =>
            {
                var group = CaseRun.NewName("group");
                await OffsetRequests.CommitAsync(run, group, await run.CreateTopicAsync(), 1);
                var answer = await run.AskAsync(Ask(group, CaseRun.NewName()));
                Expect.NoError(answer.ErrorCode);
                Expect.Error(ErrorCode.UnknownTopicOrPartition, One(answer));
            }
        },
        {
            "a topic that a member reads is GROUP_SUBSCRIBED_TO_TOPIC, another is not", Versions.All, async run =>
            {
                var (subscribed, other) = (await run.CreateTopicAsync(), await run.CreateTopicAsync());
                var group = CaseRun.NewName("group");
                await OffsetRequests.CommitAsync(run, group, subscribed, 1);
                await OffsetRequests.CommitAsync(run, group, other, 1);
                await SubscribeAsync(run, group, subscribed.Name);

                Expect.Error(ErrorCode.GroupSubscribedToTopic, One(await run.AskAsync(Ask(group, subscribed.Name))));
                Expect.NoError(One(await run.AskAsync(Ask(group, other.Name))));
                Assert.Equal(1, (await OffsetRequests.FetchAsync(run, group, subscribed)).CommittedOffset);
                Assert.Equal(-1, (await OffsetRequests.FetchAsync(run, group, other)).CommittedOffset);
            }
        },
        {
            "before the first assignment a member may read any topic, and workers have all of their group's", Versions.All, async run =>
            {
                var topic = (await run.CreateTopicAsync()).Name;
                foreach (var (type, expected) in new[] { ("consumer", ErrorCode.None), ("connect", ErrorCode.NonEmptyGroup) })
                {
                    var group = CaseRun.NewName("group");
                    var join = TestMember.JoinOf(group, "", "range");
                    join.ProtocolType = type;
                    Expect.NoError((await (await run.OpenAsync()).AskAsync<JoinGroupResponse>(join, 0)).ErrorCode);

                    var answer = await run.AskAsync(Ask(group, topic));
                    Expect.Error(expected, answer.ErrorCode);
                    if (expected == ErrorCode.None)
                    {
                        Expect.Error(ErrorCode.GroupSubscribedToTopic, One(answer));
                    }
                }
            }
        },
        {
            "a topic that a member of the consumer protocol reads is GROUP_SUBSCRIBED_TO_TOPIC", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                var member = await ConsumerMember.InStableGroupAsync(run, topic);
                Expect.Error(ErrorCode.GroupSubscribedToTopic, One(await run.AskAsync(Ask(member.GroupId, topic.Name))));
            }
        },
        {
            "what was not committed is deleted as well", Versions.All, async run =>
            {
                var group = CaseRun.NewName("group");
                await OffsetRequests.CommitAsync(run, group, await run.CreateTopicAsync(), 1);
                Expect.NoError(One(await run.AskAsync(Ask(group, (await run.CreateTopicAsync()).Name))));
            }
        },
        {
            "offsets of an empty group go, the others stay", Versions.All, async run =>
            {
                var group = CaseRun.NewName("group");
                var topic = await run.CreateTopicAsync(partitionCount: 2);
                await OffsetRequests.CommitAsync(run, group, topic, 5);
                await OffsetRequests.CommitAsync(run, group, topic, 6, partition: 1);
                Expect.NoError(One(await run.AskAsync(Ask(group, topic.Name))));

                Assert.Equal(-1, (await OffsetRequests.FetchAsync(run, group, topic)).CommittedOffset);
                Assert.Equal(6, (await OffsetRequests.FetchAsync(run, group, topic, partition: 1)).CommittedOffset);
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task OffsetDelete_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static OffsetDeleteRequest Ask(string group, string topic) => new()
    {
        GroupId = group, Topics = { new() { Name = topic, Partitions = { new() { PartitionIndex = 0 } } } },
    };

    private static short One(OffsetDeleteResponse answer) => Assert.Single(Assert.Single(answer.Topics).Partitions).ErrorCode;

    // ConsumerProtocolSubscription v0 = int16 version, topics, null user data.
    private static async Task SubscribeAsync(
        CaseRun run, string group, string topic, string protocolType = TestMember.ProtocolType)
    {
        var name = Encoding.UTF8.GetBytes(topic);
        var metadata = new byte[2 + 4 + 2 + name.Length + 4];
        BinaryPrimitives.WriteInt32BigEndian(metadata.AsSpan(2), 1);
        BinaryPrimitives.WriteInt16BigEndian(metadata.AsSpan(6), (short)name.Length);
        name.CopyTo(metadata, 8);
        BinaryPrimitives.WriteInt32BigEndian(metadata.AsSpan(8 + name.Length), -1);

        var join = TestMember.JoinOf(group, "", "range");
        join.ProtocolType = protocolType;
        join.Protocols[0].Metadata = metadata;
        var wire = await run.OpenAsync();
        var joined = await wire.AskAsync<JoinGroupResponse>(join, 0);
        Expect.NoError(joined.ErrorCode);
        var sync = new SyncGroupRequest { GroupId = group, MemberId = joined.MemberId, GenerationId = joined.GenerationId };
        Expect.NoError((await wire.AskAsync<SyncGroupResponse>(sync, 0)).ErrorCode);
    }
}
