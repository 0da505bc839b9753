namespace Spillway.Storage.Wal;

/// <summary>
/// A place that holds WAL segments. The name is what metadata records, so that every process may mount the
/// volume at its own path.
/// </summary>
/// <param name="Name">The volume's name, the same in every process.</param>
/// <param name="Path">Where this process has it mounted; of an S3 volume the prefix of its keys, the same in every process.</param>
/// <param name="Kind">What it is made of.</param>
public readonly record struct WalVolume(string Name, string Path, WalVolumeKind Kind = WalVolumeKind.File)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Name} ({Path})";
}
