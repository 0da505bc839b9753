using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Conformance.Tests.Groups;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Transactions;

/// <summary>TxnOffsetCommit: KIP-98, who consumes from v3 on (KIP-447), without AddOffsetsToTxn from v5 on (KIP-890).</summary>
public sealed class TxnOffsetCommitTests(BrokerFixture broker)
{
    private static readonly ApiCases<TxnOffsetCommitRequest, TxnOffsetCommitResponse> Table = new()
    {
        {
            "an unknown topic is UNKNOWN_TOPIC_OR_PARTITION", Versions.All, async run =>
            {
                var (_, request) = await BeginAsync(run, CaseRun.NewName("group"), new(CaseRun.NewName(), Guid.Empty), 1);
                Expect.Error(ErrorCode.UnknownTopicOrPartition, One(await run.AskAsync(request)));
            }
        },
        {
            "metadata over offset.metadata.max.bytes is OFFSET_METADATA_TOO_LARGE", Versions.All, async run =>
            {
                var (_, request) = await BeginAsync(run, CaseRun.NewName("group"), await run.CreateTopicAsync(), 1);
                request.Topics[0].Partitions[0].CommittedMetadata = new string('x', 4097);
                Expect.Error(ErrorCode.OffsetMetadataTooLarge, One(await run.AskAsync(request)));
            }
        },
        {
            "an old generation is ILLEGAL_GENERATION", Versions.Since(3), async run =>
            {
                var member = await TestMember.InStableGroupAsync(run);
                var (_, request) = await BeginAsync(run, member.GroupId, await run.CreateTopicAsync(), 1);
                (request.MemberId, request.GenerationId) = (member.MemberId, member.GenerationId + 1);
                Expect.Error(ErrorCode.IllegalGeneration, One(await run.AskAsync(request)));
            }
        },
        {
            "an unknown member is UNKNOWN_MEMBER_ID", Versions.Since(3), async run =>
            {
                var member = await TestMember.InStableGroupAsync(run);
                var (_, request) = await BeginAsync(run, member.GroupId, await run.CreateTopicAsync(), 1);
                (request.MemberId, request.GenerationId) = ("nobody", member.GenerationId);
                Expect.Error(ErrorCode.UnknownMemberId, One(await run.AskAsync(request)));
            }
        },
        {
            "another's id under an instance id is FENCED_INSTANCE_ID", Versions.Since(3), async run =>
            {
                var member = await TestMember.InStableGroupAsync(run, "i1");
                var (_, request) = await BeginAsync(run, member.GroupId, await run.CreateTopicAsync(), 1);
                (request.MemberId, request.GroupInstanceId, request.GenerationId) = ("i1-before", "i1", member.GenerationId);
                Expect.Error(ErrorCode.FencedInstanceId, One(await run.AskAsync(request)));
            }
        },
        {
            "offsets count when the transaction is committed", Versions.All, async run =>
            {
                var group = CaseRun.NewName("group");
                var topic = await run.CreateTopicAsync();
                var (producer, request) = await BeginAsync(run, group, topic, 7);
                Expect.NoError(One(await run.AskAsync(request)));
                Assert.Equal(-1, (await OffsetRequests.FetchAsync(run, group, topic)).CommittedOffset);
                Assert.Equal(ErrorCode.UnstableOffsetCommit, (ErrorCode)(await FetchStableAsync(run, group, topic)).ErrorCode);

                await producer.EndAsync(commit: true);
                Assert.Equal((7, "m"), await GetAsync(run, group, topic));
                Assert.Equal(7, (await FetchStableAsync(run, group, topic)).CommittedOffset);
            }
        },
        {
            "offsets of an aborted transaction are forgotten", Versions.All, async run =>
            {
                var group = CaseRun.NewName("group");
                var topic = await run.CreateTopicAsync();
                await OffsetRequests.CommitAsync(run, group, topic, 3, metadata: "before");
                var (producer, request) = await BeginAsync(run, group, topic, 7);
                Expect.NoError(One(await run.AskAsync(request)));
                await producer.EndAsync(commit: false);
                Assert.Equal((3, "before"), await GetAsync(run, group, topic));
            }
        },
        {
            "a member commits for its generation", Versions.Since(3), async run =>
            {
                var member = await TestMember.InStableGroupAsync(run);
                var (_, request) = await BeginAsync(run, member.GroupId, await run.CreateTopicAsync(), 1);
                (request.MemberId, request.GenerationId) = (member.MemberId, member.GenerationId);
                Expect.NoError(One(await run.AskAsync(request)));
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task TxnOffsetCommit_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static async Task<(TestProducer Producer, TxnOffsetCommitRequest Request)> BeginAsync(
        CaseRun run, string group, TestTopic topic, long offset)
    {
        var producer = await TestProducer.InitAsync(run);
        var add = new AddOffsetsToTxnRequest
        {
            TransactionalId = producer.TransactionalId, ProducerId = producer.ProducerId, ProducerEpoch = producer.ProducerEpoch, GroupId = group,
        };
        Expect.NoError((await run.AskAsync<AddOffsetsToTxnResponse>(add, 3)).ErrorCode);
        var request = new TxnOffsetCommitRequest
        {
            TransactionalId = producer.TransactionalId,
            ProducerId = producer.ProducerId,
            ProducerEpoch = producer.ProducerEpoch,
            GroupId = group,
            Topics =
            {
                new()
                {
                    Name = topic.Name, Partitions = { new() { PartitionIndex = 0, CommittedOffset = offset, CommittedMetadata = "m" } },
                },
            },
        };
        return (producer, request);
    }

    private static short One(TxnOffsetCommitResponse answer) => Assert.Single(Assert.Single(answer.Topics).Partitions).ErrorCode;

    private static async Task<(long Offset, string? Metadata)> GetAsync(CaseRun run, string group, TestTopic topic)
    {
        var committed = await OffsetRequests.FetchAsync(run, group, topic);
        return (committed.CommittedOffset, committed.Metadata);
    }

    private static async Task<OffsetFetchResponse.OffsetFetchResponsePartitions> FetchStableAsync(CaseRun run, string group, TestTopic topic)
    {
        var request = new OffsetFetchRequest
        {
            RequireStable = true,
            Groups = { new() { GroupId = group, Topics = [new() { Name = topic.Name, PartitionIndexes = { 0 } }] } },
        };
        return (await run.AskAsync<OffsetFetchResponse>(request, 8)).Groups[0].Topics[0].Partitions[0];
    }
}
