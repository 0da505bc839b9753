using System.Diagnostics;
using Spillway.Metadata.Jobs;
using Spillway.Metadata.Log;
using Spillway.Metadata.Objects;
using Spillway.Metadata.Partitions;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Segments;

/// <summary>
/// All segments and objects, and which of them are to be drained or deleted. Every reference that the index gains or loses
/// goes through here. The queues are kept sorted by time and id, so that every node and every restored snapshot sees the
/// same order.
/// </summary>
internal sealed class ContainerTable(StateClock clock)
{
    private readonly Dictionary<long, Segment> _segments = [];
    private readonly Dictionary<long, DataObject> _objects = [];
    private readonly SortedSet<(long SinceMs, long Id)> _garbageSegments = [];
    private readonly SortedSet<(long SinceMs, long Id)> _garbageObjects = [];
    private readonly SortedSet<(long ReadyMs, long Id)> _drainable = [];
    private readonly SortedSet<(long ExpiryMs, long Id)> _prepared = [];

    public long LastSegmentId { get; set; }

    public long LastObjectId { get; set; }

    /// <summary>How often the cluster was restored from a copy of its state; in the keys of objects, so that none is given out twice.</summary>
    public long Incarnation { get; set; }

    /// <summary>Restored and not yet confirmed by the operator: nothing is deleted.</summary>
    public bool IsCollectionHeld { get; set; }

    /// <summary>Bytes in sealed segments that wait for a drain and are in nobody's hand.</summary>
    public long DrainableBytes { get; private set; }

    public int GarbageCount => _garbageSegments.Count + _garbageObjects.Count;

    /// <summary>Since when the longest unreferenced one has been so; 0: there is none that waits.</summary>
    public long OldestGarbageMs => GarbageCount == 0
        ? 0
        : Math.Min(
            _garbageSegments.Count == 0 ? long.MaxValue : _garbageSegments.Min.SinceMs,
            _garbageObjects.Count == 0 ? long.MaxValue : _garbageObjects.Min.SinceMs);

    /// <summary>Logs with markers, which no container holds.</summary>
    public MarkerQueue Markers { get; } = new();

    /// <summary>Logs that merging owes a look.</summary>
    public MergeQueue Merges { get; } = new();

    public IEnumerable<Segment> Segments => _segments.Values.OrderBy(s => s.Id);

    public IEnumerable<DataObject> Objects => _objects.Values.OrderBy(o => o.Id);

    public int SegmentCount => _segments.Count;

    public int ObjectCount => _objects.Count;

    /// <summary>Sealed, referenced and in nobody's hand, by when they may be drained.</summary>
    public IEnumerable<Segment> Drainable => _drainable.Select(d => _segments[d.Id]);

    /// <summary>How long what waits longest for a drain has been sealed, in somebody's hand or not; 0: nothing waits.</summary>
    public long OldestUndrainedMs(long nowMs)
    {
        var oldestMs = nowMs;
        foreach (var segment in _segments.Values)
        {
            if (segment is { Sealed: true, LiveEntries: > 0 } && segment.SealedAtMs < oldestMs)
            {
                oldestMs = segment.SealedAtMs;
            }
        }

        return nowMs - oldestMs;
    }

    /// <summary>
    /// What may be deleted: unreferenced since <paramref name="sinceMs"/> or longer and in nobody's hand, longest first; of objects only those that
    /// were so before <paramref name="objectsBeforeMs"/> too.
    /// </summary>
    public IEnumerable<Container> Deletable(long sinceMs, long objectsBeforeMs, int countMax)
    {
        if (IsCollectionHeld)
        {
            return [];
        }

        var segments = _garbageSegments.TakeWhile(g => g.SinceMs <= sinceMs).Take(countMax);
        var objects = _garbageObjects.TakeWhile(g => g.SinceMs <= sinceMs && g.SinceMs < objectsBeforeMs).Take(countMax);
        return segments.Select(g => (Container)_segments[g.Id]).Concat(objects.Select(g => _objects[g.Id]))
            .OrderBy(static c => (c.UnreferencedAtMs, c.Kind, c.Id)).Take(countMax);
    }

    public Segment? FindSegment(long id) => _segments.GetValueOrDefault(id);

    public DataObject? FindObject(long id) => _objects.GetValueOrDefault(id);

    public Container? Find(ContainerKind kind, long id) => kind switch
    {
        ContainerKind.WalSegment => FindSegment(id),
        ContainerKind.Object => FindObject(id),
        _ => null,
    };

    public void Add(Segment segment) => _segments.Add(segment.Id, segment);

    public void Add(DataObject prepared)
    {
        _objects.Add(prepared.Id, prepared);
        if (prepared.State == ObjectState.Prepared)
        {
            _prepared.Add((prepared.ExpiryMs, prepared.Id));
        }
    }

    /// <summary>As a snapshot has it; to be queued by <see cref="QueueAll"/> once the index is loaded.</summary>
    public void Restore(Container container, long unreferencedAtMs)
    {
        container.UnreferencedAtMs = unreferencedAtMs;
        if (container is Segment segment)
        {
            Add(segment);
        }
        else
        {
            Add((DataObject)container);
        }
    }

    public void Reference(PartitionLog log, in BatchIndexEntry entry)
    {
        log.ByteSize += entry.Length;
        if (Find(entry.Kind, entry.ContainerId) is not { } container)
        {
            Debug.Assert(entry.Kind == ContainerKind.Marker, "an entry names something known");
            Markers.Note(log, entry);
            return;
        }

        Debug.Assert(container.UnreferencedAtMs == 0, "what is unreferenced stays so");
        container.LiveEntries++;
        container.LiveBytes += entry.Length;
        if (container is Segment segment)
        {
            var id = log.Id.Value;
            segment.Spans[id] = segment.Spans.TryGetValue(id, out var span)
                ? (Math.Min(span.First, entry.BaseOffset), Math.Max(span.Last, entry.LastOffset))
                : (entry.BaseOffset, entry.LastOffset);
        }
        else
        {
            log.SmallRewrittenEntries += IsSmallRewritten(container, entry) ? 1 : 0;
        }
    }

    /// <summary>The last entry of a log grew within the commit that made it.</summary>
    public static void Grow(PartitionLog log, Segment segment, in BatchIndexEntry grown, long addedBytes)
    {
        log.ByteSize += addedBytes;
        segment.LiveBytes += addedBytes;
        var span = segment.Spans[log.Id.Value];
        segment.Spans[log.Id.Value] = (span.First, grown.LastOffset);
    }

    public void Dereference(PartitionLog log, in BatchIndexEntry entry)
    {
        log.ByteSize -= entry.Length;
        if (Find(entry.Kind, entry.ContainerId) is not { } container)
        {
            return;
        }

        Unqueue(container);
        container.LiveEntries--;
        container.LiveBytes -= entry.Length;
        log.SmallRewrittenEntries -= IsSmallRewritten(container, entry) ? 1 : 0;
        Debug.Assert(container.LiveEntries >= 0 && container.LiveBytes >= 0, "a reference is dropped once");
        Queue(container);
    }

    public void Seal(Segment segment)
    {
        if (segment.Sealed)
        {
            return;
        }

        segment.Sealed = true;
        segment.SealedAtMs = clock.NowMs;
        segment.DrainAfterMs = clock.NowMs;
        Queue(segment);
    }

    /// <summary>A prepared object was committed or expired.</summary>
    public void Close(DataObject prepared, ObjectState state)
    {
        _prepared.Remove((prepared.ExpiryMs, prepared.Id));
        prepared.State = state;
        Queue(prepared);
    }

    public void ExpirePrepared()
    {
        while (_prepared.Count > 0 && _prepared.Min.ExpiryMs < clock.NowMs)
        {
            Close(_objects[_prepared.Min.Id], ObjectState.Expired);
        }
    }

    public bool AnyPreparedExpired(long nowMs) => _prepared.Count > 0 && _prepared.Min.ExpiryMs < nowMs;

    /// <summary>A job takes it: nobody else is offered it.</summary>
    public void Lease(Container container, long jobId)
    {
        Unqueue(container);
        container.JobId = jobId;
    }

    /// <summary>A job is done with it: what is left to do is offered again, not before <paramref name="afterMs"/>.</summary>
    public void Release(Container container, long afterMs)
    {
        container.JobId = 0;
        if (container is Segment segment)
        {
            segment.DrainAfterMs = Math.Max(segment.DrainAfterMs, afterMs);
        }

        if (container.UnreferencedAtMs != 0)
        {
            container.UnreferencedAtMs = Math.Max(container.UnreferencedAtMs, afterMs);
        }

        Queue(container);
    }

    public void Forget(Container container)
    {
        Debug.Assert(container.IsClosed && container.LiveEntries == 0, "only what nothing names is forgotten");
        Unqueue(container);
        if (container.Kind == ContainerKind.WalSegment)
        {
            _segments.Remove(container.Id);
        }
        else
        {
            _objects.Remove(container.Id);
        }
    }

    /// <summary>After a snapshot was loaded: the queues follow from what was loaded.</summary>
    public void QueueAll()
    {
        foreach (var container in _segments.Values.Concat<Container>(_objects.Values))
        {
            Queue(container);
        }
    }

    private static bool IsSmallRewritten(Container container, in BatchIndexEntry entry) =>
        container is DataObject { IsRewritten: true } && entry.Length < MergeRuns.SmallBytes;

    /// <summary>Puts it in the queue it belongs to.</summary>
    private void Queue(Container container)
    {
        if (!container.IsClosed)
        {
            return;
        }

        if (container.LiveEntries == 0)
        {
            if (container.UnreferencedAtMs == 0)
            {
                container.UnreferencedAtMs = Math.Max(clock.NowMs, 1);
            }

            if (container.JobId == 0)
            {
                GarbageOf(container).Add((container.UnreferencedAtMs, container.Id));
            }
        }
        else if (container is Segment segment && container.JobId == 0 && _drainable.Add((segment.DrainAfterMs, segment.Id)))
        {
            DrainableBytes += segment.LiveBytes;
        }
    }

    private SortedSet<(long SinceMs, long Id)> GarbageOf(Container container) =>
        container is Segment ? _garbageSegments : _garbageObjects;

    private void Unqueue(Container container)
    {
        GarbageOf(container).Remove((container.UnreferencedAtMs, container.Id));
        if (container is Segment segment && _drainable.Remove((segment.DrainAfterMs, segment.Id)))
        {
            DrainableBytes -= segment.LiveBytes;
        }
    }
}
