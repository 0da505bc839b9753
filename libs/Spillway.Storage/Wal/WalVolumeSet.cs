using System.Collections.Frozen;
using Spillway.Storage.Objects;
using Spillway.Storage.Wal.S3;

namespace Spillway.Storage.Wal;

/// <summary>The volumes a process has mounted, by name. Immutable.</summary>
public sealed class WalVolumeSet
{
    private readonly FrozenDictionary<string, WalVolume> _volumes;

    /// <summary>Takes the volumes; names must be unique.</summary>
    public WalVolumeSet(IEnumerable<WalVolume> volumes)
    {
        All = [.. volumes];
        _volumes = All.ToFrozenDictionary(v => v.Name, StringComparer.Ordinal);
    }

    /// <summary>All volumes in the order of the configuration.</summary>
    public IReadOnlyList<WalVolume> All { get; }

    /// <summary>Finds a volume by its name; false when this process has not mounted it.</summary>
    public bool TryGet(string name, out WalVolume volume) => _volumes.TryGetValue(name, out volume);

    /// <summary>
    /// The path of a segment's file in this process, or what its keys begin with in the object store; null when its volume is not mounted
    /// here or the recorded path would leave the volume.
    /// </summary>
    public string? FindPath(WalSegmentLocation location)
    {
        if (!_volumes.TryGetValue(location.Volume, out var volume))
        {
            return null;
        }

        if (volume.Kind == WalVolumeKind.S3)
        {
            // A legal key has no name that leads upwards.
            var key = $"{volume.Path}/{location.Path}";
            return ObjectKey.IsLegal(S3SegmentKeys.HeaderOf(key)) ? key : null;
        }

        var root = Path.GetFullPath(volume.Path);
        var path = Path.GetFullPath(Path.Combine(root, location.Path));
        var isInside = path.Length > root.Length
            && path.StartsWith(root, StringComparison.Ordinal)
            && (Path.EndsInDirectorySeparator(root) || path[root.Length] == Path.DirectorySeparatorChar);
        return isInside ? path : null;
    }
}
