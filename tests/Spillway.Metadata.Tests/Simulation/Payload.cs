namespace Spillway.Metadata.Tests.Simulation;

/// <summary>The bytes of one batch, by what tells them from any other.</summary>
internal sealed record Payload(long Id, long LogId, int Length, int Records);
