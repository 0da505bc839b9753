using System.Diagnostics.CodeAnalysis;

namespace Spillway.Storage.Caching;

/// <summary>
/// A cache bounded in bytes that loads each missing value once, however many ask for it. Thread-safe. A load belongs to the cache, not to the
/// caller that caused it: cancelling a caller leaves it running for the others. Failures are told to those who waited and not kept.
/// </summary>
/// <remarks>
/// What is there is in two segments, each by its last use. A value begins on probation; one that is read from its beginning a second time is
/// protected, up to half of the bytes, and goes back on probation before it goes for good. So one long scan takes nothing from what is read again
/// and again. The newest value stays even where it alone is larger than the bound. <paramref name="retain"/> is called for each reference handed out
/// and <paramref name="release"/> once when the cache drops a value, both under the cache's lock, so that a reference-counted value cannot die
/// between the two; <paramref name="evicted"/> too, and it must not call back.
/// </remarks>
internal sealed class SingleFlightCache<TKey, TValue>(
    long bytesMax, Func<TValue, long> sizeOf, Action<TValue> retain, Action<TValue> release, Action<CacheEntry<TKey, TValue>>? evicted = null)
    where TKey : notnull
{
    private readonly Lock _lock = new();                            // guards all fields below, and the entries
    private readonly Dictionary<TKey, LinkedListNode<CacheEntry<TKey, TValue>>> _entries = [];
    private readonly LinkedList<CacheEntry<TKey, TValue>> _probation = []; // first: used last
    private readonly LinkedList<CacheEntry<TKey, TValue>> _protected = []; // first: used last
    private long _bytes;
    private long _protectedBytes;
    private bool _isClosed;

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

    /// <summary>
    /// True: the value, with a reference that is the caller's. False: the load to wait for by <see cref="WaitAsync"/>, once; where
    /// <paramref name="isClaimed"/>, it is the caller who has to begin it.
    /// </summary>
    public bool TryGet(
        TKey key,
        ReadTurn turn,
        [NotNullWhen(true)] out TValue? value,
        [NotNullWhen(false)] out CacheEntry<TKey, TValue>? load,
        out bool isClaimed)
    {
        lock (_lock)
        {
            isClaimed = !_entries.TryGetValue(key, out var node);
            if (node is { Value.IsDone: true })
            {
                Touch(node);
                retain(node.Value.Value!);
                (value, load) = (node.Value.Value!, null);
                return true;
            }

            (value, load) = (default, node?.Value ?? AddLoad(key, turn));
            load.Waiters++;
            return false;
        }
    }

    /// <summary>A load that the caller has to begin, or null where the value is there or under way.</summary>
    public CacheEntry<TKey, TValue>? TryClaim(TKey key, ReadTurn turn)
    {
        lock (_lock)
        {
            return _entries.ContainsKey(key) ? null : AddLoad(key, turn);
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

    /// <summary>Waits for a load. The value has a reference that is the caller's.</summary>
    public async ValueTask<TValue> WaitAsync(CacheEntry<TKey, TValue> load, CancellationToken cancellationToken)
    {
        await ((Task)load.Completion.Task).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
        {
            if (!load.IsDone)
            {
                load.Waiters--;
                throw new OperationCanceledException(cancellationToken);
            }
        }

        return await load.Completion.Task.ConfigureAwait(false);
    }

    /// <summary>Ends a load well; takes the value over.</summary>
    public void Complete(CacheEntry<TKey, TValue> load, TValue value)
    {
        lock (_lock)
        {
            Keep(load, value);
        }

        load.Completion.SetResult(value);
    }

    /// <summary>Ends a load with a failure, which its waiters get and nobody after them.</summary>
    public void Fail(CacheEntry<TKey, TValue> load, Exception failure)
    {
        lock (_lock)
        {
            load.IsDone = true;
            _entries.Remove(load.Key);
        }

        load.Completion.SetException(failure);
        _ = load.Completion.Task.Exception; // Observed: nobody may be waiting.
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

            Keep(AddLoad(key, ReadTurn.None), value);
            return true;
        }
    }

    /// <summary>Somebody read the value from its beginning; true if nobody did before.</summary>
    public bool MarkUsed(TKey key)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(key, out var node) || !node.Value.IsDone)
            {
                return false;
            }

            var entry = node.Value;
            if (!entry.IsUsed)
            {
                entry.IsUsed = true;
                return true;
            }

            if (!entry.IsProtected)
            {
                Protect(node);
            }

            return false;
        }
    }

    /// <summary>Drops all; from here on nothing is kept.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _isClosed = true;
            while ((_probation.Last ?? _protected.Last) is { } node)
            {
                Drop(node);
            }
        }
    }

    private CacheEntry<TKey, TValue> AddLoad(TKey key, ReadTurn turn)
    {
        var load = new CacheEntry<TKey, TValue>(key, turn);
        _entries.Add(key, new LinkedListNode<CacheEntry<TKey, TValue>>(load));
        return load;
    }

    private void Keep(CacheEntry<TKey, TValue> entry, TValue value)
    {
        (entry.Value, entry.SizeBytes, entry.IsDone) = (value, sizeOf(value), true);
        for (; entry.Waiters > 0; entry.Waiters--)
        {
            retain(value);
        }

        var node = _entries[entry.Key];
        _probation.AddFirst(node);
        _bytes += entry.SizeBytes;
        while (_bytes > bytesMax && FindVictim(node) is { } victim)
        {
            evicted?.Invoke(victim.Value);
            Drop(victim);
        }

        if (_isClosed)
        {
            Drop(node);
        }
    }

    private LinkedListNode<CacheEntry<TKey, TValue>>? FindVictim(LinkedListNode<CacheEntry<TKey, TValue>> newest) =>
        _probation.Last != newest ? _probation.Last : _protected.Last;

    private static void Touch(LinkedListNode<CacheEntry<TKey, TValue>> node)
    {
        var segment = node.List!;
        segment.Remove(node);
        segment.AddFirst(node);
    }

    private void Protect(LinkedListNode<CacheEntry<TKey, TValue>> node)
    {
        _probation.Remove(node);
        _protected.AddFirst(node);
        node.Value.IsProtected = true;
        _protectedBytes += node.Value.SizeBytes;
        while (_protectedBytes > bytesMax / 2 && _protected.Last is { } last)
        {
            _protected.Remove(last);
            _probation.AddFirst(last);
            last.Value.IsProtected = false;
            _protectedBytes -= last.Value.SizeBytes;
        }
    }

    private void Drop(LinkedListNode<CacheEntry<TKey, TValue>> node)
    {
        var entry = node.Value;
        node.List!.Remove(node);
        _entries.Remove(entry.Key);
        _bytes -= entry.SizeBytes;
        _protectedBytes -= entry.IsProtected ? entry.SizeBytes : 0;
        release(entry.Value!);
    }
}
