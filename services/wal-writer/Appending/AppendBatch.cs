using Spillway.Kafka;
using Spillway.Kafka.Records;

namespace Spillway.WalWriter.Appending;

/// <summary>One record batch of an append, with what its commit will say of it.</summary>
internal readonly record struct AppendBatch(
    LogId LogId,
    ReadOnlyMemory<byte> Bytes,
    RecordBatchHeader Header,
    string? TransactionalId,
    int TransactionVersion);
