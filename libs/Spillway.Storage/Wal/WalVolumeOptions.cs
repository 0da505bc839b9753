namespace Spillway.Storage.Wal;

/// <summary>One WAL volume as every service's configuration names it; who writes there says more of it.</summary>
public class WalVolumeOptions
{
    /// <summary>The name by which every service knows the volume; no default.</summary>
    public string Name { get; init; } = "";

    /// <summary>Where this process has it mounted; no default.</summary>
    public string Path { get; init; } = "";

    /// <summary>The volume that is named.</summary>
    public WalVolume ToVolume() => new(Name, Path);
}
