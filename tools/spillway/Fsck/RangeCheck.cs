using Spillway.Kafka;
using Spillway.Kafka.Buffers;
using Spillway.Rpc.Metadata;
using Spillway.Storage.Objects;
using Spillway.Storage.Objects.Format;
using Spillway.Tool.Fsck.Volumes;

namespace Spillway.Tool.Fsck;

/// <summary>Looks at the place that an entry of the index names: that it is there, and, where asked, that its bytes are those offsets.</summary>
internal sealed class RangeCheck(
    IObjectStore store, IReadOnlyDictionary<string, ISegmentVolume> volumes, FsckSettings settings)
{
    private readonly ObjectReader _reader = new(store, BufferPool.Shared);
    private (string Key, ObjectIndex Index)? _last;

    public bool CanReach(ContainerLocation location) =>
        location.Kind == ContainerKind.Object || volumes.ContainsKey(location.Volume);

    public async Task<(FsckKind Kind, string Reason)?> FindProblemAsync(
        NamedRange range, ContainerStatus container, Dictionary<string, StoredObject> objects, CancellationToken cancellationToken)
    {
        try
        {
            return container.Location.Kind == ContainerKind.Object
                ? await CheckObjectAsync(range, container, objects, cancellationToken)
                : await volumes[container.Location.Volume].FindProblemAsync(
                    container.Location.Path, range.Entry, settings.Verify, cancellationToken);
        }
        catch (ObjectCorruptException e)
        {
            return (FsckKind.Wrong, e.Message);
        }
        catch (Exception e) when (e is ObjectNotFoundException or FileNotFoundException or DirectoryNotFoundException)
        {
            return (FsckKind.Missing, "it is not there");
        }
    }

    private async Task<(FsckKind Kind, string Reason)?> CheckObjectAsync(
        NamedRange range, ContainerStatus container, Dictionary<string, StoredObject> objects, CancellationToken cancellationToken)
    {
        var key = container.Location.Path;

        // What is younger than the listing, or was overlooked by it, is looked for by itself.
        var stored = objects.GetValueOrDefault(key) ?? await store.FindAsync(key, cancellationToken);
        if (stored is null)
        {
            return (FsckKind.Missing, "it is not there");
        }

        if (container.SizeBytes > 0 && stored.SizeBytes != container.SizeBytes)
        {
            return (FsckKind.Wrong, $"it has {stored.SizeBytes} bytes, metadata says {container.SizeBytes}");
        }

        if (range.Entry.Position + range.Entry.Length > stored.SizeBytes)
        {
            return (FsckKind.Wrong, $"it has {stored.SizeBytes} bytes only");
        }

        return settings.Verify ? await VerifyObjectAsync(range, key, cancellationToken) : null;
    }

    private async Task<(FsckKind Kind, string Reason)?> VerifyObjectAsync(NamedRange range, string key, CancellationToken cancellationToken)
    {
        if (_last?.Key != key)
        {
            _last = (key, await _reader.ReadIndexAsync(key, cancellationToken));
        }

        var entry = range.Entry;
        var objectIndex = _last.Value.Index;
        if (objectIndex.Footer.ObjectId != entry.ContainerId)
        {
            return (FsckKind.Wrong, $"the footer says that it is object {objectIndex.Footer.ObjectId}, not {entry.ContainerId}");
        }

        var next = entry.Position;
        var first = objectIndex.FindBlock(new LogId(range.LogId), entry.BaseOffset);
        for (var i = first; i >= 0 && i < objectIndex.Entries.Length && next < entry.Position + entry.Length; i++)
        {
            var block = objectIndex.Entries[i];
            if (block.LogId.Value != range.LogId || block.Position != next || block.BaseOffset < entry.BaseOffset || block.LastOffset > entry.LastOffset)
            {
                break;
            }

            using var buffer = BufferPool.Shared.Rent((int)block.SizeBytes);
            await store.ReadRangeAsync(key, block.Position, buffer.Memory, cancellationToken);
            if (DataBlockCheck.FindProblem(buffer.Span, block) is { } problem)
            {
                return (FsckKind.Wrong, $"the data block at {block.Position}: {problem}");
            }

            next += block.SizeBytes;
        }

        return next == entry.Position + entry.Length
            ? null
            : (FsckKind.Wrong, $"the object's own index has no data block of that log and those offsets at {next}");
    }
}
