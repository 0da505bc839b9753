namespace Spillway.Raft.Core;

/// <summary>A round of reads may be answered once <paramref name="Index"/> is applied.</summary>
internal readonly record struct ReadState(ReadId Id, ulong Index);
