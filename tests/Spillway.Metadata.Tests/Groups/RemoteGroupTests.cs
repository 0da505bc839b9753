namespace Spillway.Metadata.Tests.Groups;

/// <summary>The contract, asked over gRPC on loopback.</summary>
public sealed class RemoteGroupTests() : GroupContractTests(overRpc: true);
