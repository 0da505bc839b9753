using Spillway.Kafka.Records;
using Spillway.Rpc.Metadata;

namespace Spillway.Tool.Fsck.Volumes;

/// <summary>Whole batches with their checksums, as many offsets as the entry has. Base offsets in the WAL are the client's.</summary>
internal static class RangeBytes
{
    public static (FsckKind Kind, string Reason)? FindProblem(ReadOnlySpan<byte> bytes, IndexEntry entry)
    {
        var offsetCount = 0L;
        var batches = new RecordBatchEnumerator(bytes);
        while (batches.MoveNext())
        {
            if (!RecordBatchBytes.CrcIsValid(batches.CurrentBytes))
            {
                return (FsckKind.Wrong, $"the batch at byte {batches.PositionBytes} of it has a wrong checksum");
            }

            offsetCount += batches.Current.LastOffsetDelta + 1L;
        }

        return batches.Error != RecordBatchError.None
                ? (FsckKind.Wrong, $"at byte {batches.EndBytes} of it there is no record batch ({batches.Error})")
            : offsetCount != entry.LastOffset - entry.BaseOffset + 1 ? (FsckKind.Wrong, $"there are {offsetCount} offsets in it")
            : null;
    }
}
