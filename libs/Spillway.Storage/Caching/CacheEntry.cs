namespace Spillway.Storage.Caching;

/// <summary>A value of a <see cref="SingleFlightCache{TKey,TValue}"/>, or the load that is to bring it. The cache's lock guards what can be set.</summary>
internal sealed class CacheEntry<TKey, TValue>(TKey key, ReadTurn turn)
{
    public TKey Key { get; } = key;

    /// <summary>The load's turn at the store.</summary>
    public ReadTurn Turn { get; } = turn;

    /// <summary>Given to every waiter, each with a reference of its own.</summary>
    public TaskCompletionSource<TValue> Completion { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TValue? Value { get; set; }

    public long SizeBytes { get; set; }

    /// <summary>The load has ended, well or not.</summary>
    public bool IsDone { get; set; }

    /// <summary>Those who will get a reference when the load ends.</summary>
    public int Waiters { get; set; }

    /// <summary>Somebody read it from its beginning.</summary>
    public bool IsUsed { get; set; }

    public bool IsProtected { get; set; }
}
