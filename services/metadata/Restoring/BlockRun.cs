using Spillway.Storage.Objects.Format;

namespace Spillway.Metadata.Restoring;

/// <summary>Data blocks of one log that lie side by side in an object and whose offsets follow one another.</summary>
/// <param name="ObjectId">The object. Jobs ask for ids when they have read what they rewrite, so the greater id is the newer state.</param>
/// <param name="Kind">Its kind. Log compaction, whose ranges merging must leave alone, writes no mixed ones.</param>
/// <param name="Key">Its key.</param>
/// <param name="SizeBytes">Its length.</param>
/// <param name="Blocks">At least one.</param>
internal sealed record BlockRun(long ObjectId, ObjectKind Kind, string Key, long SizeBytes, IReadOnlyList<DataBlockEntry> Blocks)
{
    public long LogId => Blocks[0].LogId.Value;

    public long BaseOffset => Blocks[0].BaseOffset;

    public long LastOffset => Blocks[^1].LastOffset;

    public long Offsets => LastOffset - BaseOffset + 1;

    /// <summary>Splits an object's blocks.</summary>
    public static IEnumerable<BlockRun> Of(string key, long sizeBytes, ObjectIndex index)
    {
        var runs = new List<List<DataBlockEntry>>();
        foreach (var block in index.Entries)
        {
            if (runs.Count > 0 && runs[^1][^1] is var last && last.LogId == block.LogId && last.LastOffset + 1 == block.BaseOffset
                && last.Position + last.SizeBytes == block.Position)
            {
                runs[^1].Add(block);
            }
            else
            {
                runs.Add([block]);
            }
        }

        return runs.Select(blocks => new BlockRun(index.Footer.ObjectId, index.Footer.Kind, key, sizeBytes, blocks));
    }
}
