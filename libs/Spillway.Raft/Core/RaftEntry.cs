using Spillway.Raft.Segments;

namespace Spillway.Raft.Core;

/// <summary>
/// One entry of the replicated log. The payload is what the log file keeps and what travels, byte for byte: its
/// <see cref="LogEntryHeader"/> (which repeats index, term and type), then the commands. Never changed once made.
/// </summary>
internal sealed record RaftEntry(ulong Index, ulong Term, LogEntryType Type, ReadOnlyMemory<byte> Payload);
