namespace Spillway.Metadata.Tests.Transactions;

/// <summary>The contract, asked in the service's own process.</summary>
public sealed class InProcessTransactionTests() : TransactionContractTests(overRpc: false);
