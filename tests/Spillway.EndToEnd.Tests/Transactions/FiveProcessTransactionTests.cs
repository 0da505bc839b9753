using Spillway.EndToEnd.Tests.Processes;
using Xunit;

namespace Spillway.EndToEnd.Tests.Transactions;

/// <summary>Transactions of stock clients over two frontends and two writers: what one brings, the other one's readers see.</summary>
[Collection<FiveProcesses>]
public sealed class FiveProcessTransactionTests(FiveProcessFixture cluster) : TransactionClientTests(cluster);
