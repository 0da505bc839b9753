using Spillway.EndToEnd.Tests.Processes;
using Xunit;

namespace Spillway.EndToEnd.Tests.Clients;

/// <summary>Stock clients against all services in one process.</summary>
public sealed class StandaloneClientTests(StandaloneFixture cluster) : StockClientTests(cluster), IClassFixture<StandaloneFixture>;
