using Spillway.Kafka;
using Spillway.Kafka.Buffers;
using Spillway.Kafka.Records;
using Spillway.Rpc.Metadata;
using Spillway.Storage.Objects;
using Spillway.Storage.Objects.Format;
using Spillway.Tool.Objects;

namespace Spillway.Tool.Fsck;

/// <summary>Looks at the place that an entry of the index names: that it is there, and, where asked, that its bytes are those offsets.</summary>
internal sealed class RangeCheck(IObjectStore store, FsckSettings settings)
{
    private readonly ObjectReader _reader = new(store, BufferPool.Shared);
    private (string Key, ObjectIndex Index)? _last;

    public bool CanReach(ContainerLocation location) =>
        location.Kind == ContainerKind.Object || settings.Volumes.ContainsKey(location.Volume);

    public async Task<(FsckKind Kind, string Reason)?> FindProblemAsync(
        NamedRange range, ContainerStatus container, Dictionary<string, StoredObject> objects, CancellationToken cancellationToken)
    {
        try
        {
            return container.Location.Kind == ContainerKind.Object
                ? await CheckObjectAsync(range, container, objects, cancellationToken)
                : CheckFile(range, Path.Combine(settings.Volumes[container.Location.Volume], container.Location.Path));
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

    private (FsckKind Kind, string Reason)? CheckFile(NamedRange range, string path)
    {
        using var file = File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
        var entry = range.Entry;
        if (RandomAccess.GetLength(file) < entry.Position + entry.Length)
        {
            return (FsckKind.Wrong, $"the file has {RandomAccess.GetLength(file)} bytes only");
        }

        if (!settings.Verify)
        {
            return null;
        }

        var bytes = new byte[entry.Length];
        for (var read = 0; read < bytes.Length;)
        {
            var count = RandomAccess.Read(file, bytes.AsSpan(read), entry.Position + read);
            if (count == 0)
            {
                return (FsckKind.Wrong, "the file ended while it was read");
            }

            read += count;
        }

        return FindProblem(bytes, entry) is { } problem ? (FsckKind.Wrong, problem) : null;
    }

    /// <summary>Whole batches with their checksums, as many offsets as the entry has. Base offsets in the WAL are the client's.</summary>
    private static string? FindProblem(ReadOnlySpan<byte> bytes, IndexEntry entry)
    {
        var offsetCount = 0L;
        var batches = new RecordBatchEnumerator(bytes);
        while (batches.MoveNext())
        {
            if (!RecordBatchBytes.CrcIsValid(batches.CurrentBytes))
            {
                return $"the batch at byte {batches.PositionBytes} of it has a wrong checksum";
            }

            offsetCount += batches.Current.LastOffsetDelta + 1L;
        }

        return batches.Error != RecordBatchError.None ? $"at byte {batches.EndBytes} of it there is no record batch ({batches.Error})"
            : offsetCount != entry.LastOffset - entry.BaseOffset + 1 ? $"there are {offsetCount} offsets in it"
            : null;
    }
}
