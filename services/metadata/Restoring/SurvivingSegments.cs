using Spillway.Metadata.Log;
using Spillway.Metadata.Segments;
using Spillway.Storage.Objects;
using Spillway.Storage.Wal;
using Spillway.Storage.Wal.S3;

namespace Spillway.Metadata.Restoring;

/// <summary>Which WAL segments of a copy are still on the volumes that survived, as the operator named them. Looks for them; reads none.</summary>
internal sealed class SurvivingSegments(IReadOnlyList<WalVolume> volumes, IObjectStore store)
{
    /// <summary>
    /// Those that are gone: their volume did not survive, or they were deleted after the copy because all they held was in objects by then.
    /// </summary>
    /// <exception cref="RestoreFailedException">A volume is not where it was said to be.</exception>
    public async Task<HashSet<long>> FindLostAsync(MetadataState state, CancellationToken cancellationToken)
    {
        var lost = new HashSet<long>();
        foreach (var volume in volumes)
        {
            if (volume.Kind == WalVolumeKind.File && !Directory.Exists(volume.Path))
            {
                throw new RestoreFailedException($"There is no folder '{volume.Path}' for the WAL volume {volume.Name}.");
            }
        }

        foreach (var segment in state.Containers.Segments)
        {
            if (!await IsThereAsync(segment, cancellationToken))
            {
                lost.Add(segment.Id);
            }
        }

        return lost;
    }

    private async Task<bool> IsThereAsync(Segment segment, CancellationToken cancellationToken)
    {
        foreach (var volume in volumes)
        {
            if (volume.Name == segment.Volume)
            {
                return volume.Kind == WalVolumeKind.File
                    ? File.Exists(Path.Combine(volume.Path, segment.Path))
                    : await store.FindAsync(S3SegmentKeys.HeaderOf($"{volume.Path}/{segment.Path}"), cancellationToken) is not null;
            }
        }

        return false;
    }
}
