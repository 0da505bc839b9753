using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Topics;

/// <summary>DeleteTopics: by name, and from v6 on by id (KIP-516).</summary>
public sealed class DeleteTopicsTests(BrokerFixture broker)
{
    private static readonly ApiCases<DeleteTopicsRequest, DeleteTopicsResponse> Table = new()
    {
        {
            "an unknown name is UNKNOWN_TOPIC_OR_PARTITION", Versions.All, async run =>
            {
                var name = CaseRun.NewName();
                var answer = One(await run.AskAsync(Named(run.Version, name)));
                Expect.Error(ErrorCode.UnknownTopicOrPartition, answer.ErrorCode);
                Assert.Equal((name, Guid.Empty), (answer.Name, answer.TopicId));
            }
        },
        {
            "an unknown id is UNKNOWN_TOPIC_ID", Versions.Since(6), async run =>
            {
                var id = Guid.NewGuid();
                var answer = One(await run.AskAsync(ById(id)));
                Expect.Error(ErrorCode.UnknownTopicId, answer.ErrorCode);
                Assert.Equal((null, id), (answer.Name, answer.TopicId));
            }
        },
        {
            "neither name nor id is INVALID_REQUEST", Versions.Since(6), async run =>
                Expect.Error(ErrorCode.InvalidRequest, One(await run.AskAsync(ById(Guid.Empty))).ErrorCode)
        },
        {
            "name and id are INVALID_REQUEST", Versions.Since(6), async run =>
            {
                var topic = await run.CreateTopicAsync();
                var request = new DeleteTopicsRequest { TimeoutMs = 30_000, Topics = { new() { Name = topic.Name, TopicId = topic.Id } } };
                Expect.Error(ErrorCode.InvalidRequest, One(await run.AskAsync(request)).ErrorCode);
                Assert.True(await ExistsAsync(run, topic));
            }
        },
        {
            "a name given twice is INVALID_REQUEST, once, and deletes nothing", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                Expect.Error(ErrorCode.InvalidRequest, One(await run.AskAsync(Named(run.Version, topic.Name, topic.Name))).ErrorCode);
                Assert.True(await ExistsAsync(run, topic));
            }
        },
        {
            "an id given twice is INVALID_REQUEST, once, and deletes nothing", Versions.Since(6), async run =>
            {
                var topic = await run.CreateTopicAsync();
                Expect.Error(ErrorCode.InvalidRequest, One(await run.AskAsync(ById(topic.Id, topic.Id))).ErrorCode);
                Assert.True(await ExistsAsync(run, topic));
            }
        },
        {
            "a topic by name and by id is INVALID_REQUEST and not deleted", Versions.Since(6), async run =>
            {
                var topic = await run.CreateTopicAsync();
                var request = ById(topic.Id);
                request.Topics.Add(new() { Name = topic.Name });
                Assert.All((await run.AskAsync(request)).Responses, static r => Expect.Error(ErrorCode.InvalidRequest, r.ErrorCode));
                Assert.True(await ExistsAsync(run, topic));
            }
        },
        {
            "one unknown topic leaves the other alone", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                var unknown = CaseRun.NewName();
                var answer = await run.AskAsync(Named(run.Version, unknown, topic.Name));

                Expect.Error(ErrorCode.UnknownTopicOrPartition, answer.Responses.Single(r => r.Name == unknown).ErrorCode);
                Expect.NoError(answer.Responses.Single(r => r.Name == topic.Name).ErrorCode);
                Assert.False(await ExistsAsync(run, topic));
            }
        },
        {
            "no topics get no answers", Versions.All, new DeleteTopicsRequest { TimeoutMs = 1000 },
            static answer => Assert.Empty(answer.Responses)
        },
        {
            "a topic by its name", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                var answer = One(await run.AskAsync(Named(run.Version, topic.Name)));

                Expect.NoError(answer.ErrorCode);
                Assert.Equal((topic.Name, run.Version >= 6 ? topic.Id : Guid.Empty), (answer.Name, answer.TopicId));
                Assert.False(await ExistsAsync(run, topic));
            }
        },
        {
            "a topic by its id", Versions.Since(6), async run =>
            {
                var topic = await run.CreateTopicAsync();
                var answer = One(await run.AskAsync(ById(topic.Id)));

                Expect.NoError(answer.ErrorCode);
                Assert.Equal((topic.Name, topic.Id), (answer.Name, answer.TopicId));
                Assert.False(await ExistsAsync(run, topic));
            }
        },
        {
            "what is deleted cannot be deleted again", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                await run.AskAsync(Named(run.Version, topic.Name));
                Expect.Error(ErrorCode.UnknownTopicOrPartition, One(await run.AskAsync(Named(run.Version, topic.Name))).ErrorCode);
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task DeleteTopics_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static DeleteTopicsRequest Named(short version, params string[] names)
    {
        var request = new DeleteTopicsRequest { TimeoutMs = 30_000 };
        if (version < 6)
        {
            request.TopicNames.AddRange(names);
        }
        else
        {
            request.Topics.AddRange(names.Select(static name => new DeleteTopicsRequest.DeleteTopicState { Name = name }));
        }

        return request;
    }

    private static DeleteTopicsRequest ById(params Guid[] ids)
    {
        var request = new DeleteTopicsRequest { TimeoutMs = 30_000 };
        request.Topics.AddRange(ids.Select(static id => new DeleteTopicsRequest.DeleteTopicState { TopicId = id }));
        return request;
    }

    private static DeleteTopicsResponse.DeletableTopicResult One(DeleteTopicsResponse answer) => Assert.Single(answer.Responses);

    private static async Task<bool> ExistsAsync(CaseRun run, TestTopic topic)
    {
        var request = new MetadataRequest { AllowAutoTopicCreation = false, Topics = [new() { Name = topic.Name }] };
        return (await run.AskAsync<MetadataResponse>(request, 9)).Topics[0].ErrorCode == 0;
    }
}
