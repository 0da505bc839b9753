using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Transactions;

/// <summary>ListTransactions: KIP-664, those open for long (KIP-994, v1), by a pattern (KIP-1152, v2).</summary>
public sealed class ListTransactionsTests(BrokerFixture broker)
{
    private static readonly ApiCases<ListTransactionsRequest, ListTransactionsResponse> Table = new()
    {
        {
            "a state that there is not is told of", Versions.All, new ListTransactionsRequest { StateFilters = { "Sleeping" } },
            static answer =>
            {
                Expect.NoError(answer.ErrorCode);
                Assert.Equal(["Sleeping"], answer.UnknownStateFilters);
                Assert.Empty(answer.TransactionStates);
            }
        },
        {
            "a pattern that is none is INVALID_REGULAR_EXPRESSION", Versions.Since(2),
            new ListTransactionsRequest { TransactionalIdPattern = "(ab(cd" },
            static answer => Expect.Error(ErrorCode.InvalidRegularExpression, answer.ErrorCode)
        },
        {
            "all, with their states", Versions.All, async run =>
            {
                var (open, _) = await TestProducer.WithOpenTransactionAsync(run);
                var empty = await TestProducer.InitAsync(run);
                var states = (await run.AskAsync(new())).TransactionStates;
                Assert.Equal((open.ProducerId, "Ongoing"), StateOf(states, open));
                Assert.Equal((empty.ProducerId, "Empty"), StateOf(states, empty));
            }
        },
        {
            "a state finds its transactions", Versions.All, async run =>
            {
                var (open, _) = await TestProducer.WithOpenTransactionAsync(run);
                var states = (await run.AskAsync(new() { StateFilters = { "Ongoing" } })).TransactionStates;
                Assert.Contains(states, state => state.TransactionalId == open.TransactionalId);
                Assert.All(states, static state => Assert.Equal("Ongoing", state.TransactionStateValue));
            }
        },
        {
            "a producer id finds its transaction", Versions.All, async run =>
            {
                var producer = await TestProducer.InitAsync(run);
                var states = (await run.AskAsync(new() { ProducerIdFilters = { producer.ProducerId } })).TransactionStates;
                Assert.Equal(producer.TransactionalId, Assert.Single(states).TransactionalId);
            }
        },
        {
            "a duration finds those that are open for longer", Versions.Since(1), async run =>
            {
                var (open, _) = await TestProducer.WithOpenTransactionAsync(run);
                var request = new ListTransactionsRequest { ProducerIdFilters = { open.ProducerId }, DurationFilter = 3_600_000 };
                Assert.Empty((await run.AskAsync(request)).TransactionStates);
                request.DurationFilter = 0;
                Assert.Single((await run.AskAsync(request)).TransactionStates);
            }
        },
        {
            "a pattern finds the ids that match it", Versions.Since(2), async run =>
            {
                var producer = await TestProducer.InitAsync(run);
                await TestProducer.InitAsync(run);
                var states = (await run.AskAsync(new() { TransactionalIdPattern = producer.TransactionalId[..^4] + ".*" })).TransactionStates;
                Assert.Equal(producer.TransactionalId, Assert.Single(states).TransactionalId);
            }
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task ListTransactions_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);

    private static (long ProducerId, string State) StateOf(List<ListTransactionsResponse.TransactionState> states, TestProducer producer)
    {
        var state = Assert.Single(states, state => state.TransactionalId == producer.TransactionalId);
        return (state.ProducerId, state.TransactionStateValue);
    }
}
