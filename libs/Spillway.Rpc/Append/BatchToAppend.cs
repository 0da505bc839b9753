using Spillway.Kafka;

namespace Spillway.Rpc.Append;

/// <summary>One whole record batch (magic 2) for one partition's log.</summary>
/// <param name="LogId">The partition's log.</param>
/// <param name="Batch">The batch as the client sent it; memory of the request's <see cref="AppendRequest.Owner"/>.</param>
public readonly record struct BatchToAppend(LogId LogId, ReadOnlyMemory<byte> Batch);
