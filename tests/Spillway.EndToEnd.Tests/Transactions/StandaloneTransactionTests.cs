using Xunit;

namespace Spillway.EndToEnd.Tests.Transactions;

/// <summary>Transactions of stock clients with all services in one process.</summary>
public sealed class StandaloneTransactionTests(TransactionFixture cluster) : TransactionClientTests(cluster), IClassFixture<TransactionFixture>;
