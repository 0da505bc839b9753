using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Images;

/// <summary>
/// The cluster's features (KIP-584) and the levels that clients may count on. They are told by the leader alone, so that all frontends say the
/// same; whoever changes them counts <see cref="Epoch"/> up, by which clients tell what is newer.
/// </summary>
internal static class FinalizedFeatures
{
    /// <summary>Grows with every change of a level, and never goes back.</summary>
    public const long Epoch = 2;

    private static readonly FeatureImage[] All =
    [
        // The consumer protocol (KIP-848).
        new() { Name = "group.version", LevelMin = 0, LevelMax = 1, Level = 1 },

        // KIP-890: with 2, producers bump their epoch with each transaction and partitions are added by produce itself.
        new() { Name = "transaction.version", LevelMin = 0, LevelMax = 2, Level = 2 },
    ];

    public static void AddTo(ImageUpdate update)
    {
        update.FeaturesEpoch = Epoch;
        update.Features.AddRange(All);
    }
}
