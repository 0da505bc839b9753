using Spillway.Kafka.Records;

namespace Spillway.Storage.Objects.Format;

/// <summary>
/// Holds a data block's bytes to its line of the index: the block's checksum, each batch's own, offsets within the block's and ascending,
/// the count of records, and the highest timestamp.
/// </summary>
public static class DataBlockCheck
{
    /// <summary>What is wrong; null where nothing is.</summary>
    public static string? FindProblem(ReadOnlySpan<byte> bytes, in DataBlockEntry block)
    {
        var crc = Crc32C.Compute(bytes);
        if (crc != block.Crc32C)
        {
            return $"the bytes have checksum {crc:x8}, the index says {block.Crc32C:x8}";
        }

        var next = block.BaseOffset;
        var recordCount = 0L;
        var maxTimestamp = long.MinValue;
        var batches = new RecordBatchEnumerator(bytes);
        while (batches.MoveNext())
        {
            var batch = batches.Current;
            if (!RecordBatchBytes.CrcIsValid(batches.CurrentBytes))
            {
                return $"the batch at byte {batches.PositionBytes} has a wrong checksum";
            }

            if (batch.BaseOffset < next || batch.LastOffset < batch.BaseOffset || batch.LastOffset > block.LastOffset)
            {
                return $"the batch at byte {batches.PositionBytes} has offsets {batch.BaseOffset} to {batch.LastOffset}, where {next} to "
                    + $"{block.LastOffset} are left";
            }

            next = batch.NextOffset;
            recordCount += batch.RecordCount;
            maxTimestamp = Math.Max(maxTimestamp, batch.MaxTimestamp);
        }

        return batches.Error != RecordBatchError.None ? $"at byte {batches.EndBytes} there is no record batch ({batches.Error})"
            : recordCount != block.RecordCount ? $"there are {recordCount} records, the index says {block.RecordCount}"
            : maxTimestamp > block.MaxTimestamp ? $"a timestamp is {maxTimestamp}, the index says {block.MaxTimestamp} at most"
            : null;
    }
}
