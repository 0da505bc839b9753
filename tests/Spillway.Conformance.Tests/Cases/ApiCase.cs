using Spillway.Kafka.Messages;

namespace Spillway.Conformance.Tests.Cases;

/// <summary>One row of an API's table: what is asked, and what Kafka answers.</summary>
internal sealed record ApiCase<TRequest, TResponse>(string Name, Versions Versions, Func<CaseRun<TRequest, TResponse>, Task> Run)
    where TRequest : class, IKafkaRequest
    where TResponse : class, IKafkaResponse;
