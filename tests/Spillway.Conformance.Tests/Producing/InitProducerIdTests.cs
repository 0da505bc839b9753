using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Producing;

/// <summary>InitProducerId without a transactional id: KIP-98, KIP-360, KIP-588.</summary>
public sealed class InitProducerIdTests(BrokerFixture broker)
{
    private static readonly ApiCases<InitProducerIdRequest, InitProducerIdResponse> Table = new()
    {
        {
            "an empty transactional id is INVALID_REQUEST", Versions.All,
            new InitProducerIdRequest { TransactionalId = "", TransactionTimeoutMs = 10_000 },
            static answer =>
            {
                Expect.Error(ErrorCode.InvalidRequest, answer.ErrorCode);
                Assert.Equal(-1, answer.ProducerId);
            }
        },
        {
            "each gets an id of its own and epoch 0", Versions.All, async run =>
            {
                var ids = new List<long>();
                for (var i = 0; i < 3; i++)
                {
                    var answer = await run.AskAsync(NoTransactions());
                    Expect.NoError(answer.ErrorCode);
                    Assert.Equal(0, answer.ProducerEpoch);
                    Assert.True(answer.ProducerId >= 0);
                    ids.Add(answer.ProducerId);
                }

                Assert.Equal(3, ids.Distinct().Count());
            }
        },
        {
            // The bound on transaction timeouts is for transactions.
            "a long timeout without transactions does not matter", Versions.All,
            new InitProducerIdRequest { TransactionalId = null, TransactionTimeoutMs = int.MaxValue },
            static answer => Expect.NoError(answer.ErrorCode)
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task InitProducerId_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static InitProducerIdRequest NoTransactions() => new() { TransactionalId = null, TransactionTimeoutMs = 10_000 };
}
