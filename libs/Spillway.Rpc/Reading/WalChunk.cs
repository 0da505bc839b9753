using Spillway.Kafka.Buffers;

namespace Spillway.Rpc.Reading;

/// <summary>A piece of a range on its way.</summary>
/// <param name="Bytes">The bytes.</param>
/// <param name="Owner">On the receiver's side the buffer they were read into, which is the receiver's to release; null on the sender's.</param>
internal readonly record struct WalChunk(ReadOnlyMemory<byte> Bytes, SharedBuffer? Owner = null);
