namespace Spillway.Metadata.Tests.Groups;

/// <summary>The contract, asked of the service itself.</summary>
public sealed class InProcessGroupTests() : GroupContractTests(overRpc: false);
