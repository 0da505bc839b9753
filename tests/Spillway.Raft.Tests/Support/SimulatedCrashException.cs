namespace Spillway.Raft.Tests.Support;

/// <summary>The process is gone in the middle of an operation on the disk.</summary>
internal sealed class SimulatedCrashException() : Exception("simulated crash");
