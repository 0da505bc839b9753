using Xunit;

namespace Spillway.Conformance.Tests.Operators;

/// <summary>Cases one after the other: with each change of a subscription all clients' beginnings are forgotten.</summary>
[CollectionDefinition(Name)]
public sealed class TelemetryCollection
{
    public const string Name = "client metrics";
}
