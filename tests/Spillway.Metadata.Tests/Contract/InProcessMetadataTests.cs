namespace Spillway.Metadata.Tests.Contract;

/// <summary>The contract, asked of the service itself.</summary>
public sealed class InProcessMetadataTests() : MetadataContractTests(overRpc: false);
