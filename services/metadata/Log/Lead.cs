namespace Spillway.Metadata.Log;

/// <summary>A leadership of this node, from its beginning to its end.</summary>
/// <param name="Term">The log's term: no other leadership has it.</param>
/// <param name="Since">When it began.</param>
internal sealed record Lead(ulong Term, DateTimeOffset Since);
