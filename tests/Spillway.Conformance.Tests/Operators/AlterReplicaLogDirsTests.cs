using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Operators;

/// <summary>AlterReplicaLogDirs: KIP-113.</summary>
public sealed class AlterReplicaLogDirsTests(BrokerFixture broker)
{
    private static readonly ApiCases<AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse> Table = new()
    {
        {
            "a folder that there is not is LOG_DIR_NOT_FOUND", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                Expect.Error(ErrorCode.LogDirNotFound, One(await run.AskAsync(Ask("/not/there", topic.Name, 0))));
            }
        },
        {
            "a topic that there is not is refused", Versions.All, async run =>
                Assert.NotEqual(0, One(await run.AskAsync(Ask(await GetDirAsync(run), CaseRun.NewName(), 0))))
        },
        { "no folders get no answers", Versions.All, new AlterReplicaLogDirsRequest(), static answer => Assert.Empty(answer.Results) },
        {
            "the folder where it is is fine", Versions.All, async run =>
            {
                var topic = await run.CreateTopicAsync();
                Expect.NoError(One(await run.AskAsync(Ask(await GetDirAsync(run), topic.Name, 0))));
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task AlterReplicaLogDirs_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static AlterReplicaLogDirsRequest Ask(string path, string topic, int partition) => new()
    {
        Dirs = { new() { Path = path, Topics = { new() { Name = topic, Partitions = { partition } } } } },
    };

    private static short One(AlterReplicaLogDirsResponse answer) => Assert.Single(Assert.Single(answer.Results).Partitions).ErrorCode;

    private static async Task<string> GetDirAsync(CaseRun run) =>
        (await run.AskAsync<DescribeLogDirsResponse>(new DescribeLogDirsRequest { Topics = [] }, 4)).Results[0].LogDir;
}
