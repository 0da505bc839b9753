using Spillway.Storage.Wal;

namespace Spillway.WalWriter.Flushing;

/// <summary>One attempt to make a block durable. A block that had to move may have several, of which only the last one counts.</summary>
/// <param name="Block">The block.</param>
/// <param name="Bytes">Its bytes, placed; an attempt of their own, for those before may still be read from by a volume that hangs.</param>
/// <param name="Segment">Where they go.</param>
internal readonly record struct BlockWrite(WriterBlock Block, WalBlock Bytes, WriterSegment Segment);
