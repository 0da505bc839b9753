using Spillway.Kafka.Messages;

namespace Spillway.Conformance.Tests.Cases;

/// <summary>An API's table, as the test that counts them sees it.</summary>
internal interface IApiCases
{
    ApiKey ApiKey { get; }

    /// <summary>A case's name with each version that it is run in.</summary>
    IEnumerable<(string Name, short Version)> Runs { get; }
}
