using Spillway.Kafka.Compression;
using static Spillway.Kafka.Records.RecordBatchLayout;

namespace Spillway.Kafka.Records;

/// <summary>
/// The checks of a produced partition's bytes that need nothing but the bytes; what needs state (sequence, producer epoch,
/// transaction) is the metadata's. Never throws; allocates only where a compressed batch has to be looked into.
/// </summary>
/// <remarks>
/// Kafka decompresses every batch to look at each record. We do so where the topic's rules cannot be judged otherwise (a key
/// on compacted topics, a bound on old timestamps) or <see cref="RecordBatchRules.RecordChecks"/> asks for it. Of the others we see that they
/// begin as their codec's do.
/// </remarks>
public static class RecordBatchValidator
{
    /// <summary>Checks that <paramref name="records"/> is exactly one batch that the rules allow.</summary>
    /// <param name="records">The bytes of one partition in a produce request.</param>
    /// <param name="rules">The topic's and the request's rules.</param>
    /// <param name="nowMs">The time to judge timestamps by.</param>
    /// <param name="header">
    /// The header. Where the records were looked into its max timestamp is the true one: a producer that claims
    /// another is corrected, as Kafka does, with <see cref="RecordBatchBytes.SetMaxTimestamp"/>.
    /// </param>
    public static RecordBatchError Validate(
        ReadOnlySpan<byte> records, in RecordBatchRules rules, long nowMs, out RecordBatchHeader header)
    {
        var error = RecordBatchEnumerator.Read(records, out header);
        if (error != RecordBatchError.None)
        {
            return error;
        }

        error = header.TotalLength < records.Length ? RecordBatchError.MoreThanOneBatch
            : header.TotalLength > rules.BatchBytesMax ? RecordBatchError.BatchTooLarge
            : !RecordBatchBytes.CrcIsValid(records) ? RecordBatchError.CrcMismatch
            : CheckHeader(header, rules);
        if (error != RecordBatchError.None)
        {
            return error;
        }

        return NeedsRecords(header, rules) ? CheckRecords(records, rules, nowMs, ref header)
            : !CompressedFrame.IsPlausible(header.CompressionType, records[HeaderBytes..], (long)header.RecordCount * RecordBytesMin)
                ? RecordBatchError.CorruptCompression
            : CheckTimestamps(header.BaseTimestamp, header.MaxTimestamp, rules, nowMs);
    }

    private static RecordBatchError CheckHeader(in RecordBatchHeader header, in RecordBatchRules rules)
    {
        if (header.CompressionType > CompressionType.Zstd
            || (header.CompressionType == CompressionType.Zstd && !rules.ZstdAllowed))
        {
            return RecordBatchError.UnsupportedCompression;
        }

        return header.IsControl ? RecordBatchError.ControlBatchFromClient
            : header.BaseOffset != 0 ? RecordBatchError.InvalidBaseOffset
            : header.RecordCount <= 0 || header.RecordCount != header.LastOffsetDelta + 1L
                ? RecordBatchError.InvalidRecordCount
            : header.HasProducerId && header.BaseSequence < 0 ? RecordBatchError.InvalidSequence
            : header.TimestampType == TimestampType.LogAppendTime ? RecordBatchError.TimestampTypeFromClient
            : RecordBatchError.None;
    }

    private static bool NeedsRecords(in RecordBatchHeader header, in RecordBatchRules rules) =>
        rules.KeyRequired
        || (rules.TimestampBeforeMaxMs != long.MaxValue && rules.TimestampType == TimestampType.CreateTime)
        || rules.RecordChecks == RecordChecks.All
        || (rules.RecordChecks == RecordChecks.Uncompressed && header.CompressionType == CompressionType.None);

    private static RecordBatchError CheckRecords(
        ReadOnlySpan<byte> batch, in RecordBatchRules rules, long nowMs, ref RecordBatchHeader header)
    {
        var error = OpenedRecordBatch.TryOpen(batch, out var opened, rules.DecompressedBytesMax);
        if (error != RecordBatchError.None)
        {
            return error;
        }

        using (opened)
        {
            var reader = opened.Records;
            var (minTimestamp, maxTimestamp) = (long.MaxValue, NoTimestamp);
            while (reader.TryRead(out var record))
            {
                if (rules.KeyRequired && !record.HasKey)
                {
                    return RecordBatchError.MissingKey;
                }

                if (record.Timestamp != NoTimestamp)
                {
                    minTimestamp = Math.Min(minTimestamp, record.Timestamp);
                    maxTimestamp = Math.Max(maxTimestamp, record.Timestamp);
                }
            }

            if (reader.Error != RecordBatchError.None)
            {
                return reader.Error;
            }

            // The count equals the last offset delta plus one and deltas rise strictly, so they are 0, 1, 2, …
            header = header with { MaxTimestamp = maxTimestamp };
            return CheckTimestamps(
                minTimestamp == long.MaxValue ? NoTimestamp : minTimestamp, maxTimestamp, rules, nowMs);
        }
    }

    private static RecordBatchError CheckTimestamps(
        long minTimestamp, long maxTimestamp, in RecordBatchRules rules, long nowMs)
    {
        // The broker's own time replaces whatever the producer wrote.
        if (rules.TimestampType == TimestampType.LogAppendTime)
        {
            return RecordBatchError.None;
        }

        var tooOld = minTimestamp != NoTimestamp
            && (Int128)nowMs - minTimestamp > rules.TimestampBeforeMaxMs;
        var tooNew = maxTimestamp != NoTimestamp
            && (Int128)maxTimestamp - nowMs > rules.TimestampAfterMaxMs;
        return tooOld || tooNew ? RecordBatchError.TimestampOutOfRange : RecordBatchError.None;
    }
}
