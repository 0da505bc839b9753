using Xunit;

namespace Spillway.Chaos.Tests;

/// <summary>All tests share one cluster, one after the other.</summary>
[CollectionDefinition("chaos")]
public sealed class ChaosCollection : ICollectionFixture<ClusterFixture>;
