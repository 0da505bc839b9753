using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Cluster;

/// <summary>FindCoordinator: one key up to v3, many from v4 on (KIP-699), share coordinators from v6 on (KIP-932).</summary>
public sealed class FindCoordinatorTests(BrokerFixture broker)
{
    private const sbyte Group = 0;
    private const sbyte Transaction = 1;
    private const sbyte Share = 2;

    private static readonly ApiCases<FindCoordinatorRequest, FindCoordinatorResponse> Table = new()
    {
        { "an unknown key type is INVALID_REQUEST", Versions.Between(1, 3), One("key", 7), ExpectOneInvalid },
        { "an unknown key type is INVALID_REQUEST for each key", Versions.Since(4), Many(7, "a", "b"), ExpectManyInvalid },
        { "a negative key type is INVALID_REQUEST", Versions.Since(4), Many(-1, "a", "b"), ExpectManyInvalid },
        { "a share key before v6 is INVALID_REQUEST", Versions.Between(4, 5), Many(Share, "a", "b"), ExpectManyInvalid },
        { "no keys get no coordinators", Versions.Since(4), Many(Group), static answer => Assert.Empty(answer.Coordinators) },
        {
            "a group's coordinator is a broker", Versions.Until(3), async run =>
            {
                var answer = await run.AskAsync(One(CaseRun.NewName("group"), Group));

                Expect.NoError(answer.ErrorCode);
                Assert.Equal((run.Broker.Host, run.Broker.Port), (answer.Host, answer.Port));
                Assert.True(answer.NodeId >= 0);
            }
        },
        {
            "each key gets its coordinator, in order", Versions.Since(4), async run =>
            {
                string[] keys = [CaseRun.NewName("group"), CaseRun.NewName("group"), CaseRun.NewName("group")];
                var answer = await run.AskAsync(Many(Group, keys));

                Assert.Equal(keys, answer.Coordinators.Select(static c => c.Key));
                foreach (var coordinator in answer.Coordinators)
                {
                    Expect.NoError(coordinator.ErrorCode);
                    Assert.Equal((run.Broker.Host, run.Broker.Port), (coordinator.Host, coordinator.Port));
                }
            }
        },
        {
            "a transactional id has a coordinator", Versions.Since(4), async run =>
            {
                var coordinator = Assert.Single((await run.AskAsync(Many(Transaction, CaseRun.NewName("tx")))).Coordinators);
                Expect.NoError(coordinator.ErrorCode);
                Assert.Equal((run.Broker.Host, run.Broker.Port), (coordinator.Host, coordinator.Port));
            }
        },
        {
            "a group keeps its coordinator", Versions.Since(4), async run =>
            {
                var key = CaseRun.NewName("group");
                var first = await run.AskAsync(Many(Group, key));
                var second = await run.AskAsync(Many(Group, key));

                Assert.Equal(first.Coordinators[0].NodeId, second.Coordinators[0].NodeId);
            }
        },
        {
            // The node ids of Metadata are those of coordinators: clients put both on one connection.
            "a coordinator is among the brokers of Metadata", Versions.Until(3), async run =>
            {
                var answer = await run.AskAsync(One(CaseRun.NewName("group"), Group));
                var metadata = await run.AskAsync<MetadataResponse>(new MetadataRequest { Topics = [] }, 9);

                Assert.Contains(metadata.Brokers, b => (b.NodeId, b.Host, b.Port) == (answer.NodeId, answer.Host, answer.Port));
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task FindCoordinator_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static FindCoordinatorRequest One(string key, sbyte keyType) => new() { Key = key, KeyType = keyType };

    private static FindCoordinatorRequest Many(sbyte keyType, params string[] keys) =>
        new() { KeyType = keyType, CoordinatorKeys = [.. keys] };

    private static void ExpectOneInvalid(FindCoordinatorResponse answer)
    {
        Expect.Error(ErrorCode.InvalidRequest, answer.ErrorCode);
        Assert.Equal((-1, "", -1), (answer.NodeId, answer.Host, answer.Port));
    }

    private static void ExpectManyInvalid(FindCoordinatorResponse answer)
    {
        Assert.Equal(["a", "b"], answer.Coordinators.Select(static c => c.Key));
        foreach (var coordinator in answer.Coordinators)
        {
            Expect.Error(ErrorCode.InvalidRequest, coordinator.ErrorCode);
            Assert.Equal((-1, "", -1), (coordinator.NodeId, coordinator.Host, coordinator.Port));
        }
    }
}
