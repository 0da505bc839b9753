using Spillway.Metadata.Log;
using Spillway.Metadata.Partitions;

namespace Spillway.Metadata.Restoring;

/// <summary>One entry at the end of an index or in the place of several, references counted; and merging told of it.</summary>
internal static class IndexRewrite
{
    public static void Put(MetadataState state, PartitionLog log, in BatchIndexEntry entry, (IndexCursor First, int Count)? replaced)
    {
        var containers = state.Containers;
        containers.Merges.Note(log, state.Clock.NowMs);

        // The new name first: what is replaced may become garbage by losing its last.
        containers.Reference(log, entry);
        if (replaced is not { } covered)
        {
            log.Index.Append(entry);
            return;
        }

        var cursor = covered.First;
        for (var i = 0; i < covered.Count; i++)
        {
            containers.Dereference(log, log.Index[cursor]);
            cursor = log.Index.Next(cursor);
        }

        log.Index.Replace(covered.First, covered.Count, entry);
        containers.Markers.Update(log);
    }
}
