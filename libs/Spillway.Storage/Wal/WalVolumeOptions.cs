using Spillway.Storage.Objects;

namespace Spillway.Storage.Wal;

/// <summary>One WAL volume as every service's configuration names it; who writes there says more of it.</summary>
public class WalVolumeOptions
{
    /// <summary>The name by which every service knows the volume; no default.</summary>
    public string Name { get; init; } = "";

    /// <summary>
    /// Where this process has it mounted; no default. Of an S3 volume the prefix of its keys in the object store of
    /// <c>Spillway:ObjectStore</c>: the same in every process, and no other cluster's.
    /// </summary>
    public string Path { get; init; } = "";

    /// <summary>What it is made of; default File, a mounted folder. S3: blocks are objects, for where there is no shared file system.</summary>
    public WalVolumeKind Kind { get; init; } = WalVolumeKind.File;

    /// <summary>Whether name and path are such as the kind needs.</summary>
    public bool IsValid() =>
        Name.Length > 0 && Enum.IsDefined(Kind) && (Kind == WalVolumeKind.S3 ? ObjectKey.IsLegal(Path) : Path.Length > 0);

    /// <summary>The volume that is named.</summary>
    public WalVolume ToVolume() => new(Name, Path, Kind);
}
