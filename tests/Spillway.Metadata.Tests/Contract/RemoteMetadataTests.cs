namespace Spillway.Metadata.Tests.Contract;

/// <summary>The contract, asked over gRPC on loopback.</summary>
public sealed class RemoteMetadataTests() : MetadataContractTests(overRpc: true);
