using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Operators;

/// <summary>UnregisterBroker: KIP-500. The only broker is everybody's, so no case takes it away.</summary>
public sealed class UnregisterBrokerTests(BrokerFixture broker)
{
    private static readonly ApiCases<UnregisterBrokerRequest, UnregisterBrokerResponse> Table = new()
    {
        {
            "a broker that there is not is BROKER_ID_NOT_REGISTERED", Versions.All, new UnregisterBrokerRequest { BrokerId = 987_654_321 },
            static answer => Expect.Error(ErrorCode.BrokerIdNotRegistered, answer.ErrorCode, answer.ErrorMessage)
        },
        {
            "a negative id is BROKER_ID_NOT_REGISTERED", Versions.All, new UnregisterBrokerRequest { BrokerId = -1 },
            static answer => Expect.Error(ErrorCode.BrokerIdNotRegistered, answer.ErrorCode, answer.ErrorMessage)
        },
    };

    public static TheoryData<string, short> Cases => Table.Rows;

    [Theory]
    [MemberData(nameof(Cases))]
    public Task UnregisterBroker_answers_as_Kafka(string name, short version) => Table.RunAsync(broker, name, version);
}
