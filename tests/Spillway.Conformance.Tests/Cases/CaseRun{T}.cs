using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Wire;
using Spillway.Kafka.Messages;

namespace Spillway.Conformance.Tests.Cases;

/// <summary>One run of a row, in one version of its API, on connections of its own.</summary>
internal sealed class CaseRun<TRequest, TResponse> : CaseRun
    where TRequest : class, IKafkaRequest
    where TResponse : class, IKafkaResponse
{
    private CaseRun(BrokerFixture broker, KafkaWire wire, short version)
        : base(broker, wire) => Version = version;

    /// <summary>The version that the case is run in.</summary>
    public short Version { get; }

    public static async Task<CaseRun<TRequest, TResponse>> BeginAsync(BrokerFixture broker, short version) =>
        new(broker, await KafkaWire.OpenAsync(broker), version);

    /// <summary>Asks in the version of the run.</summary>
    public Task<TResponse> AskAsync(TRequest request) => Wire.AskAsync<TResponse>(request, Version);

    /// <summary>Asks in the version of the run, on another connection.</summary>
    public Task<TResponse> AskAsync(KafkaWire wire, TRequest request) => wire.AskAsync<TResponse>(request, Version);
}
