using Xunit;

namespace Spillway.EndToEnd.Tests.Processes;

/// <summary>The classes whose tests leave the five processes as they found them share one set of them.</summary>
[CollectionDefinition]
public sealed class FiveProcesses : ICollectionFixture<FiveProcessFixture>;
