using Spillway.Storage.Objects.Format;

namespace Spillway.Tool.Objects;

/// <summary>A run of data blocks of one log, as far as their offsets follow one another.</summary>
internal sealed record ExtentReport(
    long LogId, long BaseOffset, long LastOffset, long RecordCount, int BlockCount, long Position, long LengthBytes, long MaxTimestamp)
{
    public static List<ExtentReport> Gather(ObjectIndex index)
    {
        List<ExtentReport> extents = [];
        foreach (var block in index.Entries)
        {
            var one = new ExtentReport(
                block.LogId.Value, block.BaseOffset, block.LastOffset, block.RecordCount, 1, block.Position, block.SizeBytes, block.MaxTimestamp);
            if (extents is [.., var last] && last.IsFollowedBy(one))
            {
                extents[^1] = last.With(one);
            }
            else
            {
                extents.Add(one);
            }
        }

        return extents;
    }

    private bool IsFollowedBy(ExtentReport next) =>
        LogId == next.LogId && LastOffset + 1 == next.BaseOffset && Position + LengthBytes == next.Position;

    private ExtentReport With(ExtentReport next) => this with
    {
        LastOffset = next.LastOffset,
        RecordCount = RecordCount + next.RecordCount,
        BlockCount = BlockCount + next.BlockCount,
        LengthBytes = LengthBytes + next.LengthBytes,
        MaxTimestamp = Math.Max(MaxTimestamp, next.MaxTimestamp),
    };
}
