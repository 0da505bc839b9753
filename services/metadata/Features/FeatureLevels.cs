using System.Globalization;
using Spillway.Kafka.Errors;
using Spillway.Metadata.Log;
using Spillway.Rpc.Metadata;

namespace Spillway.Metadata.Features;

/// <summary>
/// The levels of the cluster's features (KIP-584): what operators set by UpdateFeatures, else those of <see cref="KnownFeatures"/>. They are told
/// by the leader alone, so that all frontends say the same. A level tells clients what to count on; the services go by the version of each
/// request, so that both levels are served while clients learn of a change.
/// </summary>
internal sealed class FeatureLevels(AppliedChanges changes)
{
    private readonly SortedDictionary<string, int> _set = new(StringComparer.Ordinal);

    /// <summary>What operators set.</summary>
    public IDictionary<string, int> Set => _set;

    /// <summary>How often anything was set.</summary>
    public long ChangeCount { get; private set; }

    public int LevelOf(FeatureImage feature) =>
        _set.TryGetValue(feature.Name, out var level) ? Math.Clamp(level, feature.LevelMin, feature.LevelMax) : feature.Level;

    /// <summary>What Kafka's FeatureControlManager would say to an update: of the first feature that something is wrong with.</summary>
    public (ErrorCode Error, string Message) Check(UpdateFeaturesCall call)
    {
        foreach (var update in call.Updates)
        {
            if (FindFault(update) is { } fault)
            {
                return (ErrorCode.InvalidUpdateVersion, string.Create(
                    CultureInfo.InvariantCulture,
                    $"The update failed for all features since the following feature had an error: "
                    + $"Invalid update version {update.Level} for feature {update.Name}. {fault}"));
            }
        }

        return (ErrorCode.None, "");
    }

    public UpdateFeaturesResult Update(UpdateFeaturesCall call)
    {
        var (error, message) = Check(call);
        if (error == ErrorCode.None)
        {
            foreach (var update in call.Updates)
            {
                _set[update.Name] = update.Level;
            }

            ChangeCount++;
            changes.FeaturesChanged = true;
        }

        return new UpdateFeaturesResult { ErrorCode = (int)error, ErrorMessage = message };
    }

    public void Restore(IEnumerable<KeyValuePair<string, int>> levels, long changeCount)
    {
        foreach (var (name, level) in levels)
        {
            _set[name] = level;
        }

        ChangeCount = changeCount;
    }

    public void AddTo(ImageUpdate update)
    {
        update.FeaturesEpoch = KnownFeatures.Epoch + ChangeCount;
        foreach (var feature in KnownFeatures.All)
        {
            update.Features.Add(new FeatureImage(feature) { Level = LevelOf(feature) });
        }
    }

    private string? FindFault(FeatureUpdate update)
    {
        if (KnownFeatures.Find(update.Name) is not { } feature)
        {
            return "This feature is not supported.";
        }

        var current = LevelOf(feature);
        return update.Kind == FeatureUpdate.Types.Kind.Unknown ? "The controller does not support the given upgrade type."
            : update.Level < 0 ? "A feature version cannot be less than 0."
            : update.Level < feature.LevelMin || update.Level > feature.LevelMax
                ? string.Create(CultureInfo.InvariantCulture, $"Only versions {feature.LevelMin}-{feature.LevelMax} are supported.")
            : update.Level < current && update.Kind == FeatureUpdate.Types.Kind.Upgrade
                ? "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade."
            : update.Level > current && update.Kind != FeatureUpdate.Types.Kind.Upgrade ? "Can't downgrade to a newer version."
            : null;
    }
}
