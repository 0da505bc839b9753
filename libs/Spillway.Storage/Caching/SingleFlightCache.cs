namespace Spillway.Storage.Caching;

/// <summary>
/// A cache bounded in bytes that forgets what was used longest ago and loads each missing value once, however many ask for it. Thread-safe.
/// A load belongs to the cache, not to the caller that caused it: cancelling the caller leaves it running for the others. Failures are not kept.
/// </summary>
/// <remarks>
/// The newest value stays even where it alone is larger than the bound: whoever waits for it must find it.
/// <paramref name="retain"/> is called for each value handed out and <paramref name="release"/> once when the cache drops a value, both
/// under the cache's lock, so that a reference-counted value cannot die between the two.
/// </remarks>
internal sealed class SingleFlightCache<TKey, TValue>(
    long bytesMax, Func<TValue, long> sizeOf, Action<TValue> retain, Action<TValue> release)
    where TKey : notnull
{
    private readonly Lock _lock = new(); // guards all fields below
    private readonly Dictionary<TKey, LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _byUse = []; // first: used last
    private long _bytes;

    /// <summary>Bytes of the values held.</summary>
    public long SizeBytes
    {
        get
        {
            lock (_lock)
            {
                return _bytes;
            }
        }
    }

    /// <summary>Gets the value, loading it where it is missing. The caller pays <c>release</c> for what it got.</summary>
    public async ValueTask<TValue> GetAsync(TKey key, Func<Task<TValue>> load, CancellationToken cancellationToken)
    {
        while (true)
        {
            var entry = FindOrBegin(key, load, out var value);
            if (entry is null)
            {
                return value!;
            }

            // When it is done, the next turn finds the value, or, where it was pushed out at once, loads it again.
            await entry.Completion.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Begins to load the value where it is missing, and does not wait for it.</summary>
    public void Prefetch(TKey key, Func<Task<TValue>> load)
    {
        var entry = FindOrBegin(key, load, out var value);
        if (entry is null)
        {
            release(value!);
        }
    }

    /// <summary>Keeps a value that came by another way and takes it over; false, and the caller's as before, where one is there or under way.</summary>
    public bool TryAdd(TKey key, TValue value)
    {
        lock (_lock)
        {
            if (_entries.ContainsKey(key))
            {
                return false;
            }

            var entry = new Entry(key) { Value = value, HasValue = true, SizeBytes = sizeOf(value) };
            entry.Completion.SetResult();
            _entries.Add(key, _byUse.AddFirst(entry));
            _bytes += entry.SizeBytes;
            MakeRoom(entry);
            return true;
        }
    }

    /// <summary>Whether the value is there or under way.</summary>
    public bool Contains(TKey key)
    {
        lock (_lock)
        {
            return _entries.ContainsKey(key);
        }
    }

    private Entry? FindOrBegin(TKey key, Func<Task<TValue>> load, out TValue? value)
    {
        Entry entry;
        lock (_lock)
        {
            if (_entries.TryGetValue(key, out var node))
            {
                entry = node.Value;
                if (!entry.HasValue)
                {
                    value = default;
                    return entry;
                }

                _byUse.Remove(node);
                _byUse.AddFirst(node);
                retain(entry.Value!);
                value = entry.Value;
                return null;
            }

            entry = new Entry(key);
            _entries.Add(key, _byUse.AddFirst(entry));
        }

        // Nobody awaits the load itself: it reports by the entry's completion, whatever happens.
        _ = LoadAsync(entry, load);
        value = default;
        return entry;
    }

    private async Task LoadAsync(Entry entry, Func<Task<TValue>> load)
    {
        try
        {
            // Off the caller's stack: a load that ends synchronously must not run under whatever the caller holds.
            var value = await Task.Run(load);
            lock (_lock)
            {
                entry.Value = value;
                entry.HasValue = true;
                entry.SizeBytes = sizeOf(value);
                _bytes += entry.SizeBytes;
                MakeRoom(entry);
            }

            entry.Completion.SetResult();
        }
        catch (Exception e)
        {
            lock (_lock)
            {
                Remove(entry);
            }

            entry.Completion.SetException(e);
            _ = entry.Completion.Task.Exception; // Observed: after a prefetch nobody may be waiting.
        }
    }

    private void MakeRoom(Entry newest)
    {
        for (var node = _byUse.Last; node is not null && _bytes > bytesMax;)
        {
            var previous = node.Previous;
            var entry = node.Value;
            if (entry.HasValue && entry != newest)
            {
                Remove(entry);
                _bytes -= entry.SizeBytes;
                release(entry.Value!);
            }

            node = previous;
        }
    }

    private void Remove(Entry entry)
    {
        if (_entries.Remove(entry.Key, out var node))
        {
            _byUse.Remove(node);
        }
    }

    private sealed class Entry(TKey key)
    {
        public TKey Key { get; } = key;

        public TValue? Value { get; set; }

        public bool HasValue { get; set; }

        public long SizeBytes { get; set; }

        public TaskCompletionSource Completion { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
