namespace Spillway.WalWriter.Volumes;

/// <summary>What an operator wants of a volume.</summary>
internal enum VolumeState
{
    /// <summary>Segments are opened there.</summary>
    Active,

    /// <summary>No segment is opened there any more. When compactors have emptied it, it can be taken out of every configuration.</summary>
    Draining,
}
