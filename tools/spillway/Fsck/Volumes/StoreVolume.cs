using Spillway.Rpc.Metadata;
using Spillway.Storage.Objects;
using Spillway.Storage.Wal.S3;

namespace Spillway.Tool.Fsck.Volumes;

/// <summary>A volume that is a prefix of the object store (docs/formats/wal-s3.md); a segment is the objects below one name.</summary>
internal sealed class StoreVolume(string name, string prefix, IObjectStore store) : ISegmentVolume
{
    /// <summary>What the keys of the volume begin with.</summary>
    public string KeyPrefix { get; } = prefix + "/";

    public async Task<IReadOnlyList<VolumeSegment>> ListAsync(CancellationToken cancellationToken)
    {
        var segments = new Dictionary<string, VolumeSegment>(StringComparer.Ordinal);
        await foreach (var found in store.ListAsync(KeyPrefix, cancellationToken))
        {
            // The number goes; what has none is a thing of its own.
            var path = found.Key[KeyPrefix.Length..];
            path = path.LastIndexOf('/') is > 0 and var slash ? path[..slash] : path;
            var known = segments.GetValueOrDefault(path) ?? new VolumeSegment(name, path, 0, found.LastModified);
            segments[path] = known with
            {
                SizeBytes = known.SizeBytes + found.SizeBytes,
                LastModified = found.LastModified > known.LastModified ? found.LastModified : known.LastModified,
            };
        }

        return [.. segments.Values];
    }

    public async Task<bool> IsThereAsync(VolumeSegment segment, CancellationToken cancellationToken) =>
        await store.ListAsync(KeyPrefix + segment.Path, cancellationToken).AnyAsync(cancellationToken);

    public async Task<(FsckKind Kind, string Reason)?> FindProblemAsync(
        string path, IndexEntry entry, bool verify, CancellationToken cancellationToken)
    {
        var at = S3BlockPosition.Of(entry.Position);
        var key = S3SegmentKeys.BlockOf(KeyPrefix + path, at.Number);
        if (!verify)
        {
            return await store.FindAsync(key, cancellationToken) is not { } stored ? (FsckKind.Missing, $"object {at.Number} of it is not there")
                : stored.SizeBytes < at.Byte + entry.Length ? (FsckKind.Wrong, $"object {at.Number} of it has {stored.SizeBytes} bytes only")
                : null;
        }

        var bytes = new byte[entry.Length];
        await store.ReadRangeAsync(key, at.Byte, bytes, cancellationToken);
        return RangeBytes.FindProblem(bytes, entry);
    }
}
