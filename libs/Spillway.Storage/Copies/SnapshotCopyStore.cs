using Spillway.Storage.Objects;

namespace Spillway.Storage.Copies;

/// <summary>The copies of the state in the object store: stored, listed, read verified, deleted. Stateless: the store is the state.</summary>
public sealed class SnapshotCopyStore(IObjectStore store)
{
    private const int ManifestBytesMax = 64 << 10;
    private const int ReadBytes = 8 << 20;

    /// <summary>
    /// Stores a copy; whole once this returns. <paramref name="mayFinish"/> is asked before the manifest makes it one: who does not lead any more
    /// has an old state in hand, which nobody protects the objects of.
    /// </summary>
    public async Task<bool> PutAsync(
        SnapshotCopyName name, ObjectPayload content, SnapshotManifest manifest, Func<bool> mayFinish, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(content);
        ArgumentNullException.ThrowIfNull(manifest);
        ArgumentNullException.ThrowIfNull(mayFinish);
        await store.PutAsync(name.ContentKey, content, PutMode.CreateNew, cancellationToken);
        if (!mayFinish())
        {
            return false;
        }

        await store.PutAsync(name.ManifestKey, new ObjectPayload(manifest.ToBytes()), PutMode.CreateNew, cancellationToken);
        return true;
    }

    /// <summary>All copies of a cluster, the newest first.</summary>
    public async Task<CopyListing> ListAsync(string clusterId, CancellationToken cancellationToken)
    {
        var contents = new Dictionary<SnapshotCopyName, long>();
        var manifests = new HashSet<SnapshotCopyName>();
        long incarnation = -1;
        await foreach (var found in store.ListAsync(SnapshotCopyName.PrefixOf(clusterId), cancellationToken))
        {
            incarnation = Math.Max(incarnation, SnapshotCopyName.IncarnationOf(found.Key));
            if (!SnapshotCopyName.TryParse(found.Key, out var name, out var isManifest))
            {
                continue;
            }

            if (isManifest)
            {
                manifests.Add(name);
            }
            else
            {
                contents[name] = found.SizeBytes;
            }
        }

        return new CopyListing(
            [.. manifests.Order().Reverse()],
            [.. contents.Keys.Where(name => !manifests.Contains(name)).Order().Reverse()],
            contents.Where(content => manifests.Contains(content.Key)).Sum(static content => content.Value),
            incarnation);
    }

    /// <summary>Deletes copies, manifests first: what is left in between is not taken for a copy. False where one may still be there.</summary>
    public async Task<bool> DeleteAsync(IReadOnlyList<SnapshotCopyName> names, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(names);
        if (names.Count == 0)
        {
            return true;
        }

        var manifests = await store.DeleteAsync([.. names.Select(static name => name.ManifestKey)], cancellationToken);
        if (manifests.Failed.Count > 0)
        {
            return false;
        }

        var contents = await store.DeleteAsync([.. names.Select(static name => name.ContentKey)], cancellationToken);
        return contents.Failed.Count == 0;
    }

    /// <summary>Fetches a copy into memory, every byte checked, and gives the snapshot in it.</summary>
    /// <exception cref="InvalidDataException">It is not whole, or not what its manifest says.</exception>
    public async Task<Stream> ReadAsync(SnapshotCopyName name, CancellationToken cancellationToken)
    {
        var bytes = new byte[ManifestBytesMax];
        var (length, _) = await store.ReadTailAsync(name.ManifestKey, bytes, cancellationToken);
        var manifest = SnapshotManifest.Read(bytes.AsSpan(0, length), out var reason) ?? throw new InvalidDataException(reason);
        if (await store.FindAsync(name.ContentKey, cancellationToken) is not { } content || content.SizeBytes != manifest.ContentBytes)
        {
            throw new InvalidDataException("it is not as long as its manifest says, or not there");
        }

        var pieces = new List<ReadOnlyMemory<byte>>();
        for (long position = 0; position < content.SizeBytes; position += ReadBytes)
        {
            var piece = new byte[Math.Min(ReadBytes, content.SizeBytes - position)];
            await store.ReadRangeAsync(name.ContentKey, position, piece, cancellationToken);
            pieces.Add(piece);
        }

        var payload = ObjectPayload.FromPieces(pieces);
        if (payload.Crc32C != manifest.ContentCrc32C)
        {
            throw new InvalidDataException("its checksum is wrong");
        }

        return payload.OpenRead();
    }
}
