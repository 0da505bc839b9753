using Spillway.Storage.Objects;

namespace Spillway.Storage.Wal.S3;

/// <summary>Deletes segments whose blocks are objects. Stateless.</summary>
public static class S3SegmentCleaner
{
    // A put that was under way for a segment that nobody writes any more may land between a listing and its deletion.
    private const int RoundsMax = 3;

    /// <summary>
    /// Deletes all objects of a segment; true when a listing shows none any more. The blocks go before the header, so that what a crash
    /// leaves is still known for a segment.
    /// </summary>
    /// <exception cref="ObjectStoreException">The store failed; what is left is left for another try.</exception>
    public static async Task<bool> TryDeleteAsync(IObjectStore store, string segmentPath, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        for (var round = 0; round < RoundsMax; round++)
        {
            List<string> keys = [];
            await foreach (var found in store.ListAsync(S3SegmentKeys.PrefixOf(segmentPath), cancellationToken))
            {
                keys.Add(found.Key);
            }

            if (keys.Count == 0)
            {
                return true;
            }

            // Highest number first: the header is number 0.
            keys.Sort(static (a, b) => string.CompareOrdinal(b, a));
            if ((await store.DeleteAsync(keys, cancellationToken)).Failed.Count > 0)
            {
                return false;
            }
        }

        return false;
    }
}
