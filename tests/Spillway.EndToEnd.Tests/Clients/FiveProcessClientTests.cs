using Spillway.EndToEnd.Tests.Processes;
using Xunit;

namespace Spillway.EndToEnd.Tests.Clients;

/// <summary>Stock clients against the five services in processes of their own, in two zones.</summary>
public sealed class FiveProcessClientTests(FiveProcessCluster cluster) : StockClientTests(cluster), IClassFixture<FiveProcessCluster>;
