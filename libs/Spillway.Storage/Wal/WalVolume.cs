namespace Spillway.Storage.Wal;

/// <summary>
/// A mounted folder that holds WAL segments. The name is what metadata records, so that every process may mount the
/// volume at its own path.
/// </summary>
/// <param name="Name">The volume's name, the same in every process.</param>
/// <param name="Path">Where this process has it mounted.</param>
public readonly record struct WalVolume(string Name, string Path)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Name} ({Path})";
}
