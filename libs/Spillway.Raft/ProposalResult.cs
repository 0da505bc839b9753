namespace Spillway.Raft;

/// <summary>A committed and applied proposal.</summary>
/// <param name="Index">Index of the entry that carried the command; commands of one entry share it.</param>
/// <param name="Result">What the state machine returned.</param>
public readonly record struct ProposalResult(ulong Index, object? Result);
