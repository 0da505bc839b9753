using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Features;

/// <summary>
/// The features (KIP-584) that this version has, with the levels that can be had and the one that holds where no operator has said otherwise.
/// Whoever changes them counts <see cref="Epoch"/> up, by which clients tell what is newer.
/// </summary>
internal static class KnownFeatures
{
    /// <summary>Grows with every change of this list, and never goes back.</summary>
    public const long Epoch = 2;

    public static readonly FeatureImage[] All =
    [
        // The consumer protocol (KIP-848).
        new() { Name = "group.version", LevelMin = 0, LevelMax = 1, Level = 1 },

        // KIP-890: with 2, producers bump their epoch with each transaction and partitions are added by produce itself.
        new() { Name = "transaction.version", LevelMin = 0, LevelMax = 2, Level = 2 },
    ];

    public static FeatureImage? Find(string name) => Array.Find(All, feature => feature.Name == name);
}
