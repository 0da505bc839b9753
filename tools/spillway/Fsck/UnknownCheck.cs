using System.Globalization;
using Spillway.Rpc.Metadata;
using Spillway.Storage.Objects;
using Spillway.Tool.CommandLine;
using Spillway.Tool.Fsck.Volumes;

namespace Spillway.Tool.Fsck;

/// <summary>
/// Looks for what is there and should not be. Deletes only where it was told to, and only objects whose key bears this cluster's id and an
/// object id that this metadata has given out: anything else may belong to somebody. Of a cluster that was ever restored from a copy nothing
/// is deleted: its former self gave out the same ids after the copy, and what it stored may be all that is left of it.
/// </summary>
internal sealed class UnknownCheck(
    KnownContainers known,
    IObjectStore store,
    IReadOnlyDictionary<string, ISegmentVolume> volumes,
    FsckSettings settings,
    FsckReport report)
{
    /// <summary>What nothing names waits for the kept copies of metadata that do, an hour by their default, before it is deleted.</summary>
    private const int GarbageGraceCount = 2;

    private readonly DateTimeOffset _now = DateTimeOffset.FromUnixTimeMilliseconds(known.NowMs);

    private readonly string _copies = $"meta/{known.ClusterId:n}/";
    private bool _wasRestored;

    public async Task RunAsync(
        IReadOnlyCollection<StoredObject> objects, IReadOnlyCollection<VolumeSegment> segments, CancellationToken cancellationToken)
    {
        var keys = known.All.Where(c => c.Location.Kind == ContainerKind.Object).ToDictionary(c => c.Location.Path, StringComparer.Ordinal);
        _wasRestored = objects.Any(o => IsOfLaterIncarnation(o.Key, known.ClusterId));
        string[] others = [_copies, .. volumes.Values.OfType<StoreVolume>().Select(static volume => volume.KeyPrefix)];
        foreach (var stored in objects.Where(o => !others.Any(prefix => o.Key.StartsWith(prefix, StringComparison.Ordinal))).OrderBy(o => o.Key, StringComparer.Ordinal))
        {
            if (keys.TryGetValue(stored.Key, out var container))
            {
                NoteGarbage(container, stored.Key);
            }
            else if (IsOld(stored.LastModified) && await store.FindAsync(stored.Key, cancellationToken) is not null)
            {
                await ReportObjectAsync(stored, cancellationToken);
            }
        }

        var paths = known.All.Where(c => c.Location.Kind == ContainerKind.WalSegment).ToDictionary(c => (c.Location.Volume, c.Location.Path));
        foreach (var segment in segments.OrderBy(static s => s.Volume, StringComparer.Ordinal).ThenBy(static s => s.Path, StringComparer.Ordinal))
        {
            if (paths.TryGetValue((segment.Volume, segment.Path), out var container))
            {
                NoteGarbage(container, segment.Place);
            }
            else if (IsOld(segment.LastModified) && await volumes[segment.Volume].IsThereAsync(segment, cancellationToken))
            {
                Report(segment.Place, $"a file that metadata does not know, {Words.Bytes(segment.SizeBytes)}", segment.LastModified);
            }
        }
    }

    /// <summary>Whether the key is of this cluster's making and of a time that this metadata knows of.</summary>
    internal static bool IsOurs(string key, Guid clusterId, long lastObjectId)
    {
        var names = key.Split('/');
        return names.Length == 3
            && names[1] == clusterId.ToString("n")
            && names[2].EndsWith(".obj", StringComparison.Ordinal)
            && long.TryParse(names[2].AsSpan(0, names[2].Length - 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var id)
            && id > 0 && id <= lastObjectId;
    }

    /// <summary>Keys of objects and copies have the incarnation as their third name once the cluster was restored.</summary>
    internal static bool IsOfLaterIncarnation(string key, Guid clusterId) =>
        key.Split('/') is [_, var cluster, var incarnation, _] && cluster == clusterId.ToString("n") && incarnation.Any(c => c != '0');

    private async Task ReportObjectAsync(StoredObject stored, CancellationToken cancellationToken)
    {
        var isOurs = !_wasRestored && IsOurs(stored.Key, known.ClusterId, known.LastObjectId);
        Report(
            stored.Key,
            $"{(isOurs ? "an object" : "something not of this metadata's making")} that metadata does not know, {Words.Bytes(stored.SizeBytes)}",
            stored.LastModified);
        if (settings.DeleteUnknown && isOurs)
        {
            report.DeletedCount += (await store.DeleteAsync([stored.Key], cancellationToken)).Deleted.Count;
        }
    }

    private void Report(string place, string reason, DateTimeOffset modified) =>
        report.Findings.Add(new FsckFinding(FsckKind.Unknown, place, $"{reason}, {Words.Age(_now - modified)} old"));

    /// <summary>Old enough to be told; what is not is counted.</summary>
    private bool IsOld(DateTimeOffset modified)
    {
        var isOld = _now - modified >= settings.Grace;
        report.YoungUnknownCount += isOld ? 0 : 1;
        return isOld;
    }

    private void NoteGarbage(ContainerStatus container, string place)
    {
        var age = TimeSpan.FromMilliseconds(known.NowMs - container.UnreferencedAtMs);
        if (container.UnreferencedAtMs != 0 && age >= settings.Grace * GarbageGraceCount)
        {
            report.Findings.Add(new FsckFinding(FsckKind.Garbage, place, $"nothing has named it for {Words.Age(age)}, and it is not deleted"));
        }
    }
}
