using Spillway.Kafka.Compression;
using Spillway.Kafka.Records;

namespace Spillway.Conformance.Tests.Cases;

/// <summary>Record batches as producers make them, and as no producer should.</summary>
internal static class Batch
{
    /// <summary>Kafka's wall clock of these cases: a time that no bound on timestamps refuses.</summary>
    public static long NowMs => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>So many records with keys and values, of now.</summary>
    public static byte[] Of(
        int count, CompressionType compression = CompressionType.None, int valueBytes = 10, TimestampType timestampType = TimestampType.CreateTime)
    {
        var builder = new RecordBatchBuilder { CompressionType = compression, TimestampType = timestampType };
        return Fill(builder, count, valueBytes).Build();
    }

    /// <summary>Records of a producer that has an id.</summary>
    public static byte[] Of(long producerId, short producerEpoch, int baseSequence, int count = 1, bool transactional = false)
    {
        var builder = new RecordBatchBuilder
        {
            ProducerId = producerId, ProducerEpoch = producerEpoch, BaseSequence = baseSequence, IsTransactional = transactional,
        };
        return Fill(builder, count, valueBytes: 10).Build();
    }

    /// <summary>A record for each time.</summary>
    public static byte[] At(params ReadOnlySpan<long> timestampsMs) => At(CompressionType.None, timestampsMs);

    /// <summary>A compressed record for each time.</summary>
    public static byte[] At(CompressionType compression, params ReadOnlySpan<long> timestampsMs)
    {
        var builder = new RecordBatchBuilder { CompressionType = compression };
        foreach (var timestampMs in timestampsMs)
        {
            builder.Append(timestampMs, "key"u8.ToArray(), "value"u8.ToArray());
        }

        return builder.Build();
    }

    /// <summary>Records whose keys are null where it says so.</summary>
    public static byte[] WithKeys(params ReadOnlySpan<string?> keys)
    {
        var builder = new RecordBatchBuilder();
        foreach (var key in keys)
        {
            builder.Append(NowMs, key is null ? null : System.Text.Encoding.UTF8.GetBytes(key), "value"u8.ToArray());
        }

        return builder.Build();
    }

    /// <summary>The batch with its header changed, and a CRC that is right again.</summary>
    public static byte[] Change(byte[] batch, Func<RecordBatchHeader, RecordBatchHeader> change)
    {
        if (!RecordBatchHeader.TryRead(batch, out var header))
        {
            throw new ArgumentException("no batch", nameof(batch));
        }

        var changed = batch.ToArray();
        change(header).Write(changed);
        RecordBatchBytes.SetCrc(changed);
        return changed;
    }

    private static RecordBatchBuilder Fill(RecordBatchBuilder builder, int count, int valueBytes)
    {
        var value = new byte[valueBytes];
        for (var i = 0; i < count; i++)
        {
            builder.Append(NowMs, BitConverter.GetBytes(i), value);
        }

        return builder;
    }
}
