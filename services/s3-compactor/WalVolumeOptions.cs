namespace Spillway.S3Compactor;

/// <summary>One volume as the configuration names it.</summary>
internal sealed class WalVolumeOptions
{
    /// <summary>The name by which every service knows the volume; no default.</summary>
    public string Name { get; init; } = "";

    /// <summary>Where this process has it mounted; no default.</summary>
    public string Path { get; init; } = "";
}
