namespace Spillway.Metadata.Tests.Transactions;

/// <summary>The contract, asked over gRPC on loopback.</summary>
public sealed class RemoteTransactionTests() : TransactionContractTests(overRpc: true);
