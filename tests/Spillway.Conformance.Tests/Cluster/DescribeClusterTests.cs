using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Cluster;

/// <summary>DescribeCluster: KIP-700, endpoint types of KIP-919 from v1 on, fenced brokers of KIP-1073 from v2 on.</summary>
public sealed class DescribeClusterTests(BrokerFixture broker)
{
    private const sbyte Brokers = 1;
    private const sbyte Controllers = 2;

    private static readonly ApiCases<DescribeClusterRequest, DescribeClusterResponse> Table = new()
    {
        {
            "controllers are not to be had from a broker", Versions.Since(1),
            new DescribeClusterRequest { EndpointType = Controllers },
            static answer =>
            {
                Expect.Error(ErrorCode.MismatchedEndpointType, answer.ErrorCode, answer.ErrorMessage);
                Assert.Empty(answer.Brokers);
            }
        },
        {
            "an unknown endpoint type is UNSUPPORTED_ENDPOINT_TYPE", Versions.Since(1),
            new DescribeClusterRequest { EndpointType = 9 },
            static answer => Expect.Error(ErrorCode.UnsupportedEndpointType, answer.ErrorCode, answer.ErrorMessage)
        },
        {
            "the brokers, one of them the controller", Versions.All, async run =>
            {
                var answer = await run.AskAsync(new DescribeClusterRequest());

                Expect.NoError(answer.ErrorCode);
                Assert.Equal(Brokers, answer.EndpointType);
                var own = Assert.Single(answer.Brokers);
                Assert.Equal((run.Broker.Host, run.Broker.Port, answer.ControllerId), (own.Host, own.Port, own.BrokerId));
                Assert.False(own.IsFenced);
            }
        },
        {
            "the cluster id and the brokers are those of Metadata", Versions.All, async run =>
            {
                var answer = await run.AskAsync(new DescribeClusterRequest());
                var metadata = await run.AskAsync<MetadataResponse>(new MetadataRequest { Topics = [] }, 12);

                Assert.Equal(metadata.ClusterId, answer.ClusterId);
                Assert.Equal(metadata.Brokers.Select(static b => b.NodeId), answer.Brokers.Select(static b => b.BrokerId));
            }
        },
        {
            // KIP-430.
            "operations are told where asked for", Versions.All, async run =>
            {
                Assert.Equal(AllOperations.NotAsked, (await run.AskAsync(new DescribeClusterRequest())).ClusterAuthorizedOperations);
                var asked = new DescribeClusterRequest { IncludeClusterAuthorizedOperations = true };
                Assert.Equal(AllOperations.OnCluster, (await run.AskAsync(asked)).ClusterAuthorizedOperations);
            }
        },
        {
            "fenced brokers may be asked for", Versions.Since(2), new DescribeClusterRequest { IncludeFencedBrokers = true },
            static answer => Assert.NotEmpty(answer.Brokers)
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task DescribeCluster_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);
}
