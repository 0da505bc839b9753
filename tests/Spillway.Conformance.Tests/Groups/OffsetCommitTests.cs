using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Groups;

/// <summary>
/// OffsetCommit: who may commit for a group, metadata, leader epochs (KIP-320, v6), static members (KIP-345, v7), GROUP_ID_NOT_FOUND
/// (KIP-848, v9), topic ids (KIP-848, v10).
/// </summary>
public sealed class OffsetCommitTests(BrokerFixture broker)
{
    private static readonly ApiCases<OffsetCommitRequest, OffsetCommitResponse> Table = new()
    {
        {
            "an unknown topic", Versions.All, async run =>
            {
                var topic = new TestTopic(CaseRun.NewName(), Guid.NewGuid());
                var answer = await run.AskAsync(OffsetRequests.CommitOf(CaseRun.NewName("group"), topic, 1));
                Expect.Error(run.Version >= 10 ? ErrorCode.UnknownTopicId : ErrorCode.UnknownTopicOrPartition, One(answer));
            }
        },
        {
            "an unknown partition is UNKNOWN_TOPIC_OR_PARTITION", Versions.All, async run =>
            {
                var request = OffsetRequests.CommitOf(CaseRun.NewName("group"), await run.CreateTopicAsync(), 1, partition: 9);
                Expect.Error(ErrorCode.UnknownTopicOrPartition, One(await run.AskAsync(request)));
            }
        },
        {
            // From v9 on both group protocols have this one word for it.
            "a generation of a group that there is not", Versions.All, async run =>
            {
                var request = OffsetRequests.CommitOf(CaseRun.NewName("group"), await run.CreateTopicAsync(), 1);
                (request.GenerationIdOrMemberEpoch, request.MemberId) = (3, "m");
                Expect.Error(run.Version >= 9 ? ErrorCode.GroupIdNotFound : ErrorCode.IllegalGeneration, One(await run.AskAsync(request)));
            }
        },
        {
            "a generation of a group that has offsets alone is UNKNOWN_MEMBER_ID", Versions.All, async run =>
            {
                var group = CaseRun.NewName("group");
                var topic = await run.CreateTopicAsync();
                await OffsetRequests.CommitAsync(run, group, topic, 1);
                var request = OffsetRequests.CommitOf(group, topic, 2);
                (request.GenerationIdOrMemberEpoch, request.MemberId) = (3, "m");
                Expect.Error(ErrorCode.UnknownMemberId, One(await run.AskAsync(request)));
                Assert.Equal(1, (await OffsetRequests.FetchAsync(run, group, topic)).CommittedOffset);
            }
        },
        {
            "an old generation is ILLEGAL_GENERATION", Versions.All, async run =>
            {
                var member = await TestMember.InStableGroupAsync(run);
                var request = Of(member, await run.CreateTopicAsync(), 1);
                request.GenerationIdOrMemberEpoch--;
                Expect.Error(ErrorCode.IllegalGeneration, One(await run.AskAsync(request)));
            }
        },
        {
            "an unknown member is UNKNOWN_MEMBER_ID", Versions.All, async run =>
            {
                var request = Of(await TestMember.InStableGroupAsync(run), await run.CreateTopicAsync(), 1);
                request.MemberId = "nobody";
                Expect.Error(ErrorCode.UnknownMemberId, One(await run.AskAsync(request)));
            }
        },
        {
            "a tool may not commit for a group that has members", Versions.All, async run =>
            {
                var member = await TestMember.InStableGroupAsync(run);
                var request = OffsetRequests.CommitOf(member.GroupId, await run.CreateTopicAsync(), 1);
                Expect.Error(ErrorCode.UnknownMemberId, One(await run.AskAsync(request)));
            }
        },
        {
            "another's id under an instance id is FENCED_INSTANCE_ID", Versions.Since(7), async run =>
            {
                var request = Of(await TestMember.InStableGroupAsync(run, "i1"), await run.CreateTopicAsync(), 1);
                (request.MemberId, request.GroupInstanceId) = ("i1-before", "i1");
                Expect.Error(ErrorCode.FencedInstanceId, One(await run.AskAsync(request)));
            }
        },
        {
            // It has the new generation but not its new partitions: what it commits is of its old ones.
            "before the leader has assigned it is REBALANCE_IN_PROGRESS", Versions.All, async run =>
            {
                var member = new TestMember(await run.OpenAsync(), CaseRun.NewName("group"));
                await member.JoinAsync();
                Expect.Error(ErrorCode.RebalanceInProgress, One(await run.AskAsync(Of(member, await run.CreateTopicAsync(), 1))));
            }
        },
        {
            "metadata over offset.metadata.max.bytes is OFFSET_METADATA_TOO_LARGE, the other partition is committed", Versions.All, async run =>
            {
                var group = CaseRun.NewName("group");
                var topic = await run.CreateTopicAsync(partitionCount: 2);
                var request = OffsetRequests.CommitOf(group, topic, 1, metadata: new string('x', 4097));
                request.Topics[0].Partitions.Add(new() { PartitionIndex = 1, CommittedOffset = 2, CommittedMetadata = new string('x', 4096) });
                var partitions = Assert.Single((await run.AskAsync(request)).Topics).Partitions;

                Expect.Error(ErrorCode.OffsetMetadataTooLarge, partitions.Single(static p => p.PartitionIndex == 0).ErrorCode);
                Expect.NoError(partitions.Single(static p => p.PartitionIndex == 1).ErrorCode);
                Assert.Equal(-1, (await OffsetRequests.FetchAsync(run, group, topic)).CommittedOffset);
                Assert.Equal(2, (await OffsetRequests.FetchAsync(run, group, topic, partition: 1)).CommittedOffset);
            }
        },
        {
            "one unknown topic leaves the other alone", Versions.All, async run =>
            {
                var group = CaseRun.NewName("group");
                var topic = await run.CreateTopicAsync();
                var request = OffsetRequests.CommitOf(group, new(CaseRun.NewName(), Guid.NewGuid()), 1);
                request.Topics.AddRange(OffsetRequests.CommitOf(group, topic, 5).Topics);
                var answer = await run.AskAsync(request);

                Assert.NotEqual(0, answer.Topics[0].Partitions[0].ErrorCode);
                Expect.NoError(answer.Topics[1].Partitions[0].ErrorCode);
                Assert.Equal(5, (await OffsetRequests.FetchAsync(run, group, topic)).CommittedOffset);
            }
        },
        {
            "no topics get no answers", Versions.All, async run =>
                Assert.Empty((await run.AskAsync(new OffsetCommitRequest { GroupId = CaseRun.NewName("group") })).Topics)
        },
        {
            "offset, metadata and leader epoch come back", Versions.All, async run =>
            {
                var group = CaseRun.NewName("group");
                var topic = await run.CreateTopicAsync();
                var request = OffsetRequests.CommitOf(group, topic, 42, metadata: "where I was: \u2713");
                request.Topics[0].Partitions[0].CommittedLeaderEpoch = 7;
                Expect.NoError(One(await run.AskAsync(request)));

                var committed = await OffsetRequests.FetchAsync(run, group, topic);
                Assert.Equal((42, "where I was: \u2713"), (committed.CommittedOffset, committed.Metadata));
                Assert.Equal(run.Version >= 6 ? 7 : -1, committed.CommittedLeaderEpoch);
            }
        },
        {
            "null metadata come back empty", Versions.All, async run =>
            {
                var group = CaseRun.NewName("group");
                var topic = await run.CreateTopicAsync();
                Expect.NoError(One(await run.AskAsync(OffsetRequests.CommitOf(group, topic, 1, metadata: null))));
                Assert.Equal("", (await OffsetRequests.FetchAsync(run, group, topic)).Metadata);
            }
        },
        {
            "a later commit takes the place of an earlier, even going back", Versions.All, async run =>
            {
                var group = CaseRun.NewName("group");
                var topic = await run.CreateTopicAsync();
                Expect.NoError(One(await run.AskAsync(OffsetRequests.CommitOf(group, topic, 10))));
                Expect.NoError(One(await run.AskAsync(OffsetRequests.CommitOf(group, topic, 3))));
                Assert.Equal(3, (await OffsetRequests.FetchAsync(run, group, topic)).CommittedOffset);
            }
        },
        {
            "a member commits for its generation", Versions.All, async run =>
            {
                var member = await TestMember.InStableGroupAsync(run);
                var topic = await run.CreateTopicAsync();
                Expect.NoError(One(await run.AskAsync(Of(member, topic, 8))));
                Assert.Equal(8, (await OffsetRequests.FetchAsync(run, member.GroupId, topic)).CommittedOffset);
            }
        },
        {
            // Kept for clients that commit without a group of their own.
            "the empty group id may commit", Versions.All, async run =>
                Expect.NoError(One(await run.AskAsync(OffsetRequests.CommitOf("", await run.CreateTopicAsync(), 1))))
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task OffsetCommit_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static OffsetCommitRequest Of(TestMember member, TestTopic topic, long offset)
    {
        var request = OffsetRequests.CommitOf(member.GroupId, topic, offset);
        (request.MemberId, request.GenerationIdOrMemberEpoch) = (member.MemberId, member.GenerationId);
        return request;
    }

    private static short One(OffsetCommitResponse answer) => Assert.Single(Assert.Single(answer.Topics).Partitions).ErrorCode;
}
