using System.Globalization;
using Spillway.Storage.Copies;
using Spillway.Storage.Objects;

namespace Spillway.Tool.Restoring;

/// <summary>Finds out what a restore would begin with: the copy that it would take, checked wholly, and what is there of what the copy names.</summary>
internal sealed class RestorePlanning(IObjectStore store, IReadOnlyDictionary<string, string> volumes)
{
    private readonly SnapshotCopyStore _copies = new(store);

    public async Task<RestorePlan> MakeAsync(string clusterId, CancellationToken cancellationToken)
    {
        var listing = await _copies.ListAsync(clusterId, cancellationToken);
        var leftOut = new List<string>();
        var (name, contents) = await ReadNewestAsync(listing, leftOut, cancellationToken);
        var keys = new HashSet<string>(StringComparer.Ordinal);
        long laterCount = 0;
        long laterBytes = 0;
        await foreach (var stored in store.ListAsync("", cancellationToken))
        {
            if (!TryParse(stored.Key, clusterId, out var incarnation, out var id))
            {
                continue;
            }

            keys.Add(stored.Key);
            if (incarnation == contents.Header.Incarnation && !contents.Knows(id))
            {
                laterCount++;
                laterBytes += stored.SizeBytes;
            }
        }

        return new RestorePlan(
            clusterId,
            name?.ContentKey,
            name?.TimeMs ?? -1,
            contents.Header.Incarnation,
            listing.LastIncarnation + 1,
            leftOut,
            contents.TopicCount,
            contents.PartitionCount,
            contents.GroupCount,
            contents.OpenTransactions,
            contents.NamedCount,
            [.. contents.NamedKeys.Where(key => !keys.Contains(key)).Order(StringComparer.Ordinal)],
            laterCount,
            laterBytes,
            [.. WalOf(contents)],
            [.. SettingsOf(clusterId)]);
    }

    private async Task<(SnapshotCopyName? Name, CopyContents Contents)> ReadNewestAsync(
        CopyListing listing, List<string> leftOut, CancellationToken cancellationToken)
    {
        foreach (var name in listing.Whole)
        {
            try
            {
                await using var snapshot = await _copies.ReadAsync(name, cancellationToken);
                return (name, CopyContents.Read(snapshot));
            }
            catch (Exception e) when (e is InvalidDataException or ObjectCorruptException or ObjectNotFoundException)
            {
                leftOut.Add($"{name.ContentKey}: {e.Message}");
            }
        }

        return (null, new CopyContents());
    }

    private IEnumerable<WalRemains> WalOf(CopyContents contents) => contents.Wal
        .GroupBy(static wal => wal.Key.Volume, StringComparer.Ordinal)
        .OrderBy(static volume => volume.Key, StringComparer.Ordinal)
        .Select(volume =>
        {
            var lost = volume
                .Where(wal => !volumes.TryGetValue(volume.Key, out var root) || !File.Exists(Path.Combine(root, wal.Key.Path)))
                .ToList();
            return new WalRemains(
                volume.Key, volume.Count(), volume.Sum(static wal => wal.Value.Bytes), lost.Count, lost.Sum(static wal => wal.Value.Offsets));
        });

    private IEnumerable<string> SettingsOf(string clusterId)
    {
        yield return $"Spillway__Metadata__RestoreFrom={clusterId}";
        yield return $"Spillway__Metadata__ClusterId={Guid.NewGuid():d}";
        foreach (var (i, (name, path)) in volumes.OrderBy(static v => v.Key, StringComparer.Ordinal).Index())
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"Spillway__Metadata__RestoreVolumes__{i}__Name={name}");
            yield return string.Create(CultureInfo.InvariantCulture, $"Spillway__Metadata__RestoreVolumes__{i}__Path={path}");
        }
    }

    /// <summary>An object's key, as metadata makes them: <c>SPREAD/CLUSTER[/INCARNATION]/ID.obj</c>.</summary>
    private static bool TryParse(string key, string clusterId, out long incarnation, out long id)
    {
        (incarnation, id) = (0, 0);
        var names = key.Split('/');
        return names.Length is 3 or 4
            && names[0].Length == 2
            && names[1] == clusterId
            && (names.Length == 3 || TryHex(names[2], out incarnation))
            && names[^1].EndsWith(".obj", StringComparison.Ordinal)
            && TryHex(names[^1][..^4], out id);
    }

    private static bool TryHex(string text, out long value) =>
        long.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value) && value >= 0;
}
