using System.Globalization;
using Spillway.Metadata.Log;
using Spillway.Metadata.Partitions;
using Spillway.Metadata.Segments;
using Spillway.Metadata.Topics;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Objects;

/// <summary>
/// Objects prepared and committed. A commit swaps index ranges to the object, each range on its own, all in one command: at
/// no moment is an offset without an entry (S1).
/// </summary>
internal sealed class ObjectCommits(StateClock clock, ContainerTable containers, TopicTable topics)
{
    public PrepareObjectReply Prepare(PrepareObjectRequest request, JobKind kind, ReadOnlySpan<byte> clusterId)
    {
        var id = ++containers.LastObjectId;
        var key = KeyOf(id, clusterId, containers.Incarnation);
        containers.Add(new DataObject(id, key, clock.NowMs + request.TtlMs) { IsRewritten = kind != JobKind.Drain });
        return new PrepareObjectReply { ObjectId = id, Key = key };
    }

    public CommitObjectReply Commit(CommitObjectRequest request)
    {
        if (containers.FindObject(request.ObjectId) is not { } data || data.State == ObjectState.Expired)
        {
            return new CommitObjectReply { Expired = true };
        }

        if (data.State == ObjectState.Committed)
        {
            return new CommitObjectReply { Accepted = { data.Accepted } };
        }

        if (data.ExpiryMs < clock.NowMs)
        {
            containers.Close(data, ObjectState.Expired);
            return new CommitObjectReply { Expired = true };
        }

        // A log's version goes up once a commit, so that the ranges of one commit do not refuse one another.
        var versions = new Dictionary<long, long>();
        data.SizeBytes = request.SizeBytes;
        data.Accepted = new bool[request.Ranges.Count];
        for (var i = 0; i < request.Ranges.Count; i++)
        {
            data.Accepted[i] = TrySwap(data, request.Ranges[i], versions);
        }

        // With no range accepted nothing names it: closing makes it garbage.
        containers.Close(data, ObjectState.Committed);
        return new CommitObjectReply { Accepted = { data.Accepted } };
    }

    private bool TrySwap(DataObject data, ObjectRange range, Dictionary<long, long> versions)
    {
        if (topics.FindLog(range.LogId) is not { } log || range.LastOffset < log.LogStartOffset
            || FindCovered(log, range) is not { } covered)
        {
            return false;
        }

        if (!versions.TryGetValue(range.LogId, out var version))
        {
            version = ++log.RewriteVersion;
            versions.Add(range.LogId, version);
        }

        var entry = new BatchIndexEntry(
            range.BaseOffset,
            range.LastOffset,
            range.MaxTimestamp,
            ContainerKind.Object,
            data.Id,
            range.Position,
            range.Length,
            version);

        // The new name first: the old container may become garbage by losing its last.
        containers.Reference(log, entry);
        var cursor = covered.First;
        for (var i = 0; i < covered.Count; i++)
        {
            containers.Dereference(log, log.Index[cursor]);
            cursor = log.Index.Next(cursor);
        }

        log.Index.Replace(covered.First, covered.Count, entry);
        containers.Markers.Update(log);
        containers.Merges.Note(log, clock.NowMs);
        return true;
    }

    /// <summary>
    /// The entries that the range replaces: whole ones, without a gap, none of them rewritten since the range was planned.
    /// Null when that is not so. Entries that the range had and that were trimmed meanwhile are not missed.
    /// </summary>
    private static (IndexCursor First, int Count)? FindCovered(PartitionLog log, ObjectRange range)
    {
        var first = log.Index.Find(range.BaseOffset);
        if (log.Index.IsEnd(first))
        {
            return null;
        }

        // An entry that begins behind the range is the log's first, since an index has no gaps: what came before was trimmed.
        if (log.Index[first].BaseOffset < range.BaseOffset)
        {
            return null;
        }

        var count = 0;
        for (var cursor = first; !log.Index.IsEnd(cursor); cursor = log.Index.Next(cursor))
        {
            ref readonly var entry = ref log.Index[cursor];
            if (entry.LastOffset > range.LastOffset || entry.RewriteVersion > range.RewriteVersion)
            {
                return null;
            }

            count++;
            if (entry.LastOffset == range.LastOffset)
            {
                return (first, count);
            }
        }

        return null;
    }

    /// <summary>
    /// Keys are spread over prefixes, which is what object stores partition by, and name their cluster and, where it was restored, its
    /// incarnation: ids of objects whose commits were lost never come back as other objects.
    /// </summary>
    public static string KeyOf(long id, ReadOnlySpan<byte> clusterId, long incarnation)
    {
        var spread = (byte)((ulong)id * 0x9E3779B97F4A7C15 >> 56);
        var cluster = Convert.ToHexStringLower(clusterId);
        return incarnation == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{spread:x2}/{cluster}/{id:x16}.obj")
            : string.Create(CultureInfo.InvariantCulture, $"{spread:x2}/{cluster}/{incarnation:x8}/{id:x16}.obj");
    }
}
