namespace Spillway.ServiceDefaults.Metrics;

/// <summary>
/// The series of one instrument by their tags. Finding one takes no lock and allocates nothing; adding one takes a lock.
/// Tags in another order lead to the same series. Past <see cref="SeriesCountMax"/> all new tags share one series, so that a
/// tag nobody bounded costs accuracy and not memory.
/// </summary>
internal sealed class SeriesTable(double[]? bounds)
{
    public const int SeriesCountMax = 2000;

    private const int BucketCount = 256;

    // The same series may be known under several orders of its tags; bounded as well.
    private const int EntryCountMax = SeriesCountMax * 4;

    private readonly Lock _adding = new(); // guards _entryCount, _byLabels and the heads' replacement
    private readonly Entry?[] _heads = new Entry?[BucketCount];
    private readonly Dictionary<string, Series> _byLabels = new(StringComparer.Ordinal);
    private Series? _untagged;
    private int _entryCount;

    public Series GetOrAdd(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.Length == 0)
        {
            return Volatile.Read(ref _untagged) ?? Add(tags, 0);
        }

        var hash = Hash(tags);
        return Find(tags, hash) ?? Add(tags, hash);
    }

    public Series[] Snapshot()
    {
        lock (_adding)
        {
            return [.. _byLabels.Values];
        }
    }

    private Series? Find(ReadOnlySpan<KeyValuePair<string, object?>> tags, int hash)
    {
        for (var entry = Volatile.Read(ref _heads[hash & (BucketCount - 1)]); entry is not null; entry = entry.Next)
        {
            if (entry.Hash == hash && Same(entry.Tags, tags))
            {
                return entry.Series;
            }
        }

        return null;
    }

    private Series Add(ReadOnlySpan<KeyValuePair<string, object?>> tags, int hash)
    {
        lock (_adding)
        {
            if (tags.Length > 0 && Find(tags, hash) is { } added)
            {
                return added;
            }

            var labels = LabelText.Create(tags);
            if (!_byLabels.TryGetValue(labels, out var series))
            {
                labels = _byLabels.Count < SeriesCountMax ? labels : "overflow=\"true\"";
                if (!_byLabels.TryGetValue(labels, out series))
                {
                    _byLabels.Add(labels, series = new Series(labels, bounds));
                }
            }

            if (tags.Length == 0)
            {
                Volatile.Write(ref _untagged, series);
            }
            else if (_entryCount < EntryCountMax)
            {
                _entryCount++;
                ref var head = ref _heads[hash & (BucketCount - 1)];
                Volatile.Write(ref head, new Entry(hash, tags.ToArray(), series, head));
            }

            return series;
        }
    }

    private static int Hash(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var hash = tags.Length;
        foreach (var (key, value) in tags)
        {
            hash = HashCode.Combine(hash, key, value);
        }

        return hash;
    }

    private static bool Same(KeyValuePair<string, object?>[] known, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (known.Length != tags.Length)
        {
            return false;
        }

        for (var i = 0; i < known.Length; i++)
        {
            if (!string.Equals(known[i].Key, tags[i].Key, StringComparison.Ordinal) || !Equals(known[i].Value, tags[i].Value))
            {
                return false;
            }
        }

        return true;
    }

    private sealed record Entry(int Hash, KeyValuePair<string, object?>[] Tags, Series Series, Entry? Next);
}
