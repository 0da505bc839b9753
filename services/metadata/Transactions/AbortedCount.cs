namespace Spillway.Metadata.Transactions;

/// <summary>What a command that aborts transactions is answered: how many there were.</summary>
internal sealed record AbortedCount(int Count);
