using System.Globalization;
using Spillway.Kafka.Buffers;
using Spillway.Metadata.Log;
using Spillway.Metadata.Objects;
using Spillway.Storage.Objects;
using Spillway.Storage.Objects.Format;

namespace Spillway.Metadata.Restoring;

/// <summary>
/// Finds what was stored after a copy was taken: objects of the copy's incarnation that it does not know as committed. What an object says is
/// true even if its commit was refused or lost: jobs read only what has its offsets for good.
/// </summary>
internal sealed class FoundObjects(IObjectStore store, RestoreReport report)
{
    private const int Prefixes = 256;

    private readonly ObjectReader _reader = ReaderOf(store);
    private readonly List<(long Id, string Key)> _objects = [];
    private readonly List<BlockRun> _runs = [];

    public static ObjectReader ReaderOf(IObjectStore store) => new(store, new BufferPool(16 << 20));

    /// <summary>
    /// What they hold, in the order of their ids; and all of them, with those of attempts to restore that did not come to their end.
    /// </summary>
    public async Task<(List<BlockRun> Runs, List<(long Id, string Key)> Objects)> FindAsync(
        MetadataState state, CancellationToken cancellationToken)
    {
        var found = new SortedDictionary<long, StoredObject>();
        var cluster = Convert.ToHexStringLower(state.ClusterId);
        for (var spread = 0; spread < Prefixes; spread++)
        {
            var prefix = string.Create(CultureInfo.InvariantCulture, $"{spread:x2}/{cluster}/");
            await foreach (var listed in store.ListAsync(prefix, cancellationToken))
            {
                if (!TryParse(listed.Key, out var incarnation, out var id)
                    || listed.Key != ObjectCommits.KeyOf(id, state.ClusterId, incarnation))
                {
                    continue;
                }

                if (incarnation > state.Containers.Incarnation)
                {
                    _objects.Add((id, listed.Key));
                }
                else if (incarnation == state.Containers.Incarnation && IsNew(state, id))
                {
                    found.Add(id, listed);
                }
            }
        }

        report.Add($"{found.Count} objects were stored after the copy.");
        foreach (var (id, listed) in found)
        {
            _objects.Add((id, listed.Key));
            await ReadAsync(id, listed, cancellationToken);
        }

        return (_runs, _objects);
    }

    private async Task ReadAsync(long id, StoredObject listed, CancellationToken cancellationToken)
    {
        try
        {
            var index = await _reader.ReadIndexAsync(listed.Key, cancellationToken);
            if (index.Footer.ObjectId == id)
            {
                _runs.AddRange(BlockRun.Of(listed.Key, listed.SizeBytes, index));
                return;
            }

            report.Add($"Object {listed.Key} is left out: it says that it is object {index.Footer.ObjectId}.");
        }
        catch (Exception e) when (e is ObjectCorruptException or ObjectNotFoundException)
        {
            report.Add($"Object {listed.Key} is left out: {e.Message}");
        }
    }

    private static bool IsNew(MetadataState state, long id) => state.Containers.FindObject(id) is { } known
        ? known.State == ObjectState.Prepared
        : id > state.Containers.LastObjectId;

    private static bool TryParse(string key, out long incarnation, out long id)
    {
        (incarnation, id) = (0, 0);
        var parts = key.Split('/');
        return parts.Length is 3 or 4
            && (parts.Length == 3 || TryHex(parts[2], out incarnation))
            && parts[^1].EndsWith(".obj", StringComparison.Ordinal)
            && TryHex(parts[^1][..^4], out id);
    }

    private static bool TryHex(string text, out long value) =>
        long.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value) && value >= 0;
}
