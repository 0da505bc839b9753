namespace Spillway.ProtocolFrontend;

/// <summary>A WAL volume as this host mounts it.</summary>
internal sealed class VolumeOptions
{
    /// <summary>The volume's name, the same on all hosts.</summary>
    public string Name { get; init; } = "";

    /// <summary>The folder that it is mounted on here.</summary>
    public string Path { get; init; } = "";
}
