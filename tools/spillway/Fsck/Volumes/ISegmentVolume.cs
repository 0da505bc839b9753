using Spillway.Rpc.Metadata;

namespace Spillway.Tool.Fsck.Volumes;

/// <summary>A WAL volume, of whichever kind, as far as a check has to look at it.</summary>
internal interface ISegmentVolume
{
    /// <summary>What lies there.</summary>
    Task<IReadOnlyList<VolumeSegment>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Whether it still is there: what was listed may be deleted meanwhile.</summary>
    Task<bool> IsThereAsync(VolumeSegment segment, CancellationToken cancellationToken);

    /// <summary>Looks at the place that an entry of the index names; null: it is there, and its bytes, where read, are those offsets.</summary>
    /// <exception cref="FileNotFoundException">It is not there.</exception>
    /// <exception cref="Storage.Objects.ObjectNotFoundException">It is not there.</exception>
    Task<(FsckKind Kind, string Reason)?> FindProblemAsync(
        string path, IndexEntry entry, bool verify, CancellationToken cancellationToken);
}
