using System.Diagnostics.CodeAnalysis;

namespace Spillway.ProtocolFrontend.Fetching.Sessions;

/// <summary>
/// The fetch sessions of this frontend, a bounded number of them (KIP-227). A new one takes the place of one that was not used for two
/// minutes, or else of a smaller one that is older than that; where there is none the client does without. Thread-safe.
/// </summary>
internal sealed class FetchSessionCache(BrokerSettings settings, ProtocolFrontendMetrics metrics, TimeProvider time)
{
    // Kafka's MIN_INCREMENTAL_FETCH_SESSION_EVICTION_MS.
    internal static readonly TimeSpan EvictableAfter = TimeSpan.FromMinutes(2);

    // What all sessions remember in sum: about 200 bytes each. Past it new clients do without, as past the slots.
    internal const int PartitionsMax = 1_000_000;

    private readonly Lock _lock = new();                            // guards all fields below
    private readonly Dictionary<int, Slot> _slots = [];
    private readonly LinkedList<Slot> _byUse = new();               // first: used longest ago
    private readonly SortedSet<(int PartitionCount, int Id)> _evictable = [];
#pragma warning disable CA5394 // An id tells sessions apart; it is no secret.
    private readonly Random _ids = new();
#pragma warning restore CA5394
    private int _partitionCount;

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _slots.Count;
            }
        }
    }

    public int PartitionCount
    {
        get
        {
            lock (_lock)
            {
                return _partitionCount;
            }
        }
    }

    public bool TryGet(int id, [NotNullWhen(true)] out FetchSession? session)
    {
        lock (_lock)
        {
            session = _slots.TryGetValue(id, out var slot) ? slot.Session : null;
            return session is not null;
        }
    }

    /// <summary>A new session with the partitions, if there is room for it or room can be made.</summary>
    public FetchSession? TryCreate(bool usesTopicIds, IReadOnlyList<SessionPartition> partitions)
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            if ((_slots.Count >= settings.FetchSessionsMax && !TryEvict(partitions.Count, now))
                || _partitionCount + partitions.Count > PartitionsMax)
            {
                return null;
            }

            var slot = new Slot(new FetchSession(NewId(), usesTopicIds), now);
            foreach (var partition in partitions)
            {
                slot.Session.Add(partition);
            }

            _slots.Add(slot.Session.Id, slot);
            slot.UseNode = _byUse.AddLast(slot);
            Touch(slot, now);
            return slot.Session;
        }
    }

    /// <summary>Notes that the session was used and how large it is now.</summary>
    public void Touch(FetchSession session)
    {
        lock (_lock)
        {
            if (_slots.TryGetValue(session.Id, out var slot) && slot.Session == session)
            {
                Touch(slot, time.GetTimestamp());
            }
        }
    }

    public void Remove(int id)
    {
        lock (_lock)
        {
            if (_slots.Remove(id, out var slot))
            {
                _byUse.Remove(slot.UseNode!);
                _evictable.Remove((slot.PartitionCount, id));
                _partitionCount -= slot.PartitionCount;
            }
        }
    }

    // As Kafka judges sessions that are not a follower's: a stale one goes for any, one that has lived its time for a larger one.
    private bool TryEvict(int partitionCount, long now)
    {
        if (_byUse.First?.Value is not { } oldest)
        {
            return false;
        }

        if (time.GetElapsedTime(oldest.UsedTimestamp, now) > EvictableAfter)
        {
            Evict(oldest.Session.Id);
            return true;
        }

        if (_evictable.Count == 0 || _evictable.Min is var least && least.PartitionCount >= partitionCount)
        {
            return false;
        }

        Evict(_evictable.Min.Id);
        return true;
    }

    private void Evict(int id)
    {
        Remove(id);
        metrics.FetchSessionEvicted();
    }

    private void Touch(Slot slot, long now)
    {
        _byUse.Remove(slot.UseNode!);
        _byUse.AddLast(slot.UseNode!);
        slot.UsedTimestamp = now;
        _evictable.Remove((slot.PartitionCount, slot.Session.Id));
        _partitionCount -= slot.PartitionCount;
        slot.PartitionCount = slot.Session.PartitionCount;
        _partitionCount += slot.PartitionCount;
        if (time.GetElapsedTime(slot.CreatedTimestamp, now) > EvictableAfter)
        {
            _evictable.Add((slot.PartitionCount, slot.Session.Id));
        }
    }

    private int NewId()
    {
        while (true)
        {
#pragma warning disable CA5394
            var id = _ids.Next(1, int.MaxValue);
#pragma warning restore CA5394
            if (!_slots.ContainsKey(id))
            {
                return id;
            }
        }
    }

    private sealed class Slot(FetchSession session, long createdTimestamp)
    {
        public FetchSession Session { get; } = session;

        public long CreatedTimestamp { get; } = createdTimestamp;

        public long UsedTimestamp { get; set; }

        public int PartitionCount { get; set; }

        public LinkedListNode<Slot>? UseNode { get; set; }
    }
}
