namespace Spillway.Raft.Tests.Core;

/// <summary>Something happened that the consensus promises will not.</summary>
internal sealed class UnsoundException(string message) : Exception(message);
