using Spillway.Metadata.Log;
using Spillway.Metadata.Objects;
using Spillway.Metadata.Segments;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Scrubbing;

/// <summary>
/// The scrub as the state sees it: which objects a compactor reads next, how far the pass is, and what was found. A pass goes once over what
/// was there when it began, in order of id. Its pace is kept here, by when the next job may be had, so that a compactor is free for others in between.
/// </summary>
internal sealed class Scrubs(StateClock clock, ContainerTable containers)
{
    /// <summary>Damaged objects that are told one by one; of more there is a count.</summary>
    public const int DamagedMax = 1_000;

    /// <summary>Jobs in a row that come no further than an object before the pass goes on behind it: by default after almost three hours.</summary>
    public const int FailuresMax = 10;

    /// <summary>How long the scrub waits after a job that was not heard of again, the first time.</summary>
    private const long LostBackoffMs = 5_000;

    private const int ReasonCharsMax = 500;

    private StoredScrub _state = new() { Info = new ScrubInfo() };
    private long[]? _ids; // that may be left to do, ascending; those that are gone meanwhile among them. Follows from the state.

    /// <summary>As it is persisted; null where there was nothing yet.</summary>
    public StoredScrub? Stored => _state.SinceMs == 0 ? null : _state.Clone();

    public long DamagedCount => _state.Info.Damaged.Count + _state.UnlistedDamaged;

    /// <summary>When the last pass came to its end; 0: none has.</summary>
    public long LastEndMs => _state.Info.LastEndMs;

    public int FailureCount => _state.Info.FailureCount;

    private bool IsPassing => _state.Info.PassStartMs != 0;

    public ScrubInfo Describe(long nowMs)
    {
        var info = _state.Info.Clone();
        (info.DamagedCount, info.NowMs) = (DamagedCount, nowMs);
        return info;
    }

    public void Restore(StoredScrub? stored)
    {
        if (stored is not null)
        {
            _state = stored.Clone();
            _state.Info ??= new ScrubInfo();
            _ids = null;
        }
    }

    /// <summary>A guess without planning; who asks knows that no scrub is in anybody's hand.</summary>
    public bool IsDue(AcquireJob command, long nowMs) =>
        command.ScrubIntervalMs > 0 && _state.SinceMs != 0 && _state.NotBeforeMs <= nowMs
        && (IsPassing || Math.Max(_state.SinceMs, _state.Info.LastStartMs) + command.ScrubIntervalMs <= nowMs);

    /// <summary>The first pass begins an interval after scrubs were first wanted: a new cluster has nothing to check.</summary>
    public void Await(AcquireJob command)
    {
        if (command.ScrubIntervalMs > 0 && _state.SinceMs == 0)
        {
            _state.SinceMs = Math.Max(clock.NowMs, 1);
        }
    }

    /// <summary>The objects of the next job, in order of id. None: nothing is due, or the pass has come to its end just now.</summary>
    public IReadOnlyList<DataObject> Take(AcquireJob command)
    {
        if (!IsDue(command, clock.NowMs))
        {
            return [];
        }

        if (!IsPassing)
        {
            BeginPass();
        }

        var taken = Next(command);
        if (taken.Count == 0)
        {
            EndPass();
        }
        else if (command.ScrubBytesPerSecond > 0)
        {
            var seconds = taken.Sum(static taken => taken.SizeBytes) / (double)command.ScrubBytesPerSecond;
            _state.NotBeforeMs = clock.NowMs + (long)(seconds * 1000);
        }

        return taken;
    }

    /// <summary>
    /// A job ended. What it read is done; where it came no further the next one waits, twice as long each time, and at last goes on behind what
    /// no job could read.
    /// </summary>
    public void End(IReadOnlyList<Container> objects, IEnumerable<ScrubbedObject> results, long retryAfterMs)
    {
        var byId = results.ToLookup(static result => result.ObjectId);
        var doneCount = 0;
        foreach (var scrubbed in objects.TakeWhile(scrubbed => byId[scrubbed.Id].Any()))
        {
            Note((DataObject)scrubbed, byId[scrubbed.Id].First());
            doneCount++;
        }

        var info = _state.Info;
        info.FailureCount = doneCount > 0 ? 0 : info.FailureCount;
        if (doneCount == objects.Count)
        {
            return;
        }

        var waitMs = retryAfterMs << Math.Min(info.FailureCount, FailuresMax);
        _state.NotBeforeMs = Math.Max(_state.NotBeforeMs, clock.NowMs + waitMs);
        if (++info.FailureCount >= FailuresMax)
        {
            _state.Cursor = objects[doneCount].Id;
            info.ObjectsUnread++;
            info.FailureCount = 0;
        }
    }

    /// <summary>A job's lease ended.</summary>
    public void EndLost(IReadOnlyList<Container> objects) => End(objects, [], LostBackoffMs);

    /// <summary>A container was deleted: nobody is told of it any more.</summary>
    public void Forget(Container container)
    {
        if (container.Kind == ContainerKind.Object && Find(container.Id) is >= 0 and var at)
        {
            _state.Info.Damaged.RemoveAt(at);
        }
    }

    private static bool IsToScrub(DataObject known) => known is { State: ObjectState.Committed, LiveEntries: > 0 };

    private void BeginPass()
    {
        var info = _state.Info;
        info.PassStartMs = clock.NowMs;
        (info.ObjectsTotal, info.BytesTotal) = (0, 0);
        (info.ObjectsDone, info.BytesDone, info.ObjectsUnread) = (0, 0, 0);
        (_state.Cursor, _state.LastObjectId, _state.UnlistedDamaged) = (0, containers.LastObjectId, 0);
        _ids = null;
        foreach (var known in containers.Objects.Where(IsToScrub))
        {
            info.ObjectsTotal++;
            info.BytesTotal += known.SizeBytes;
        }
    }

    private void EndPass()
    {
        var info = _state.Info;
        (info.LastStartMs, info.LastEndMs, info.PassStartMs) = (info.PassStartMs, clock.NowMs, 0);
        _state.NotBeforeMs = 0;
        _ids = null;
    }

    private List<DataObject> Next(AcquireJob command)
    {
        _ids ??= [.. containers.Objects.Select(static known => known.Id).Where(id => id > _state.Cursor && id <= _state.LastObjectId)];
        var at = Array.BinarySearch(_ids, _state.Cursor + 1);
        var bytes = 0L;
        List<DataObject> taken = [];
        for (at = at < 0 ? ~at : at; at < _ids.Length && taken.Count < Math.Max(1, command.ScrubObjectsMax); at++)
        {
            if (containers.FindObject(_ids[at]) is not { } known || !IsToScrub(known))
            {
                continue;
            }

            bytes += known.SizeBytes;
            if (taken.Count > 0 && bytes > command.ScrubBytesMax)
            {
                break;
            }

            taken.Add(known);
        }

        return taken;
    }

    private void Note(DataObject scrubbed, ScrubbedObject result)
    {
        var info = _state.Info;
        _state.Cursor = scrubbed.Id;
        info.ObjectsDone++;
        info.BytesDone += scrubbed.SizeBytes;
        var at = Find(scrubbed.Id);
        if (at >= 0)
        {
            info.Damaged.RemoveAt(at);
        }

        if (result.Damage == ObjectDamageKind.Unspecified)
        {
            return;
        }

        if (info.Damaged.Count >= DamagedMax)
        {
            _state.UnlistedDamaged++;
            return;
        }

        info.Damaged.Insert(at >= 0 ? at : ~at, new DamagedObject
        {
            ObjectId = scrubbed.Id,
            Key = scrubbed.Key,
            Damage = result.Damage,
            Position = result.Position,
            Reason = result.Reason.Length > ReasonCharsMax ? result.Reason[..ReasonCharsMax] : result.Reason,
            FoundMs = clock.NowMs,
        });
    }

    /// <summary>Where an object is in the list; the complement of where it would be, if it is not.</summary>
    private int Find(long objectId)
    {
        var damaged = _state.Info.Damaged;
        var at = 0;
        while (at < damaged.Count && damaged[at].ObjectId < objectId)
        {
            at++;
        }

        return at < damaged.Count && damaged[at].ObjectId == objectId ? at : ~at;
    }
}
