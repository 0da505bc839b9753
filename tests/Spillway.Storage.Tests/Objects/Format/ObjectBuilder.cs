using Spillway.Kafka;
using Spillway.Kafka.Buffers;
using Spillway.Storage.Objects;
using Spillway.Storage.Objects.Format;
using Spillway.Testing.Records;

namespace Spillway.Storage.Tests.Objects.Format;

/// <summary>Builds objects out of made-up batches and remembers what each log should read back as.</summary>
internal sealed class ObjectBuilder(Random random, int dataBlockBytesTarget, long objectId = 7) : IDisposable
{
    private readonly ObjectWriter _writer = new(objectId, ObjectKind.Mixed, dataBlockBytesTarget);

    /// <summary>Each batch as it should be stored, in the order appended.</summary>
    public List<(LogId LogId, long BaseOffset, long LastOffset, byte[] Bytes)> Batches { get; } = [];

    public BufferPool Pool { get; } = new(1 << 20);

    public ObjectWriter Writer => _writer;

    /// <summary>Appends batches with these record counts in one call and gives the offset after them.</summary>
    public long Append(LogId logId, long baseOffset, int bodyBytes, params int[] recordCounts)
    {
        var batches = recordCounts.Select((count, i) => TestBatch.Create(
            random, bodyBytes, count, maxTimestamp: 1_000_000 + (baseOffset * 10) + i)).ToArray();
        using var buffer = Pool.Rent(batches.Sum(b => b.Length) + 10);
        var position = 10;
        var offset = baseOffset;
        foreach (var (batch, count) in batches.Zip(recordCounts))
        {
            batch.CopyTo(buffer.Span[position..]);
            position += batch.Length;
            var stored = (byte[])batch.Clone();
            Kafka.Records.RecordBatchBytes.SetBaseOffset(stored, offset);
            Batches.Add((logId, offset, offset + count - 1, stored));
            offset += count;
        }

        _writer.Append(logId, baseOffset, offset - 1, buffer, 10, position - 10);
        return offset;
    }

    public ObjectPayload Complete() => _writer.Complete(Pool);

    public void Dispose() => _writer.Dispose();
}
