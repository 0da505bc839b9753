using Spillway.Kafka.Errors;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;
using Kind = Spillway.Rpc.Metadata.FeatureUpdate.Types.Kind;

namespace Spillway.Metadata.Tests.Features;

/// <summary>Levels of features as Kafka's FeatureControlManager changes them (KIP-584, KIP-778).</summary>
public sealed class FeatureLevelsTests
{
    private readonly StateContext _context = new();

    [Theory]
    [InlineData("transaction.version", 1, Kind.SafeDowngrade, true)]
    [InlineData("transaction.version", 0, Kind.UnsafeDowngrade, true)]
    [InlineData("transaction.version", 2, Kind.Upgrade, true)]
    [InlineData("transaction.version", 2, Kind.SafeDowngrade, true)]
    [InlineData("transaction.version", 1, Kind.Upgrade, false)]
    [InlineData("transaction.version", 3, Kind.Upgrade, false)]
    [InlineData("transaction.version", -1, Kind.SafeDowngrade, false)]
    [InlineData("transaction.version", 1, Kind.Unknown, false)]
    [InlineData("metadata.version", 29, Kind.Upgrade, false)]
    public void A_level_is_changed_as_the_kind_of_change_allows(string name, int level, Kind kind, bool taken)
    {
        var result = Update((name, level, kind));

        Assert.Equal(taken ? ErrorCode.None : ErrorCode.InvalidUpdateVersion, (ErrorCode)result.ErrorCode);
        Assert.Equal(taken, result.ErrorMessage.Length == 0);
    }

    [Fact]
    public void Of_several_changes_all_are_made_or_none()
    {
        Update(("transaction.version", 1, Kind.SafeDowngrade), ("group.version", 7, Kind.Upgrade));
        Assert.Equal([("group.version", 1), ("transaction.version", 2)], Levels(out var epoch));

        Update(("transaction.version", 1, Kind.SafeDowngrade), ("group.version", 0, Kind.SafeDowngrade));
        Assert.Equal([("group.version", 0), ("transaction.version", 1)], Levels(out var after));
        Assert.True(after > epoch);
    }

    [Fact]
    public void Upgrading_comes_after_downgrading_and_a_snapshot_keeps_both()
    {
        Update(("transaction.version", 1, Kind.SafeDowngrade));
        Assert.Equal(ErrorCode.InvalidUpdateVersion, (ErrorCode)Update(("transaction.version", 2, Kind.SafeDowngrade)).ErrorCode);
        var before = Levels(out var epoch);

        var snapshot = _context.Snapshot();
        _context.Restore(snapshot);

        Assert.Equal(before, Levels(out var restored));
        Assert.Equal(epoch, restored);
        Assert.Equal(snapshot, _context.Snapshot());
        Assert.Equal(ErrorCode.None, (ErrorCode)Update(("transaction.version", 2, Kind.Upgrade)).ErrorCode);
    }

    private List<(string Name, int Level)> Levels(out long epoch)
    {
        var image = new ImageUpdate();
        _context.State.Features.AddTo(image);
        epoch = image.FeaturesEpoch;
        return [.. image.Features.Select(feature => (feature.Name, feature.Level))];
    }

    private UpdateFeaturesResult Update(params (string Name, int Level, Kind Kind)[] updates)
    {
        var call = new UpdateFeaturesCall();
        call.Updates.AddRange(updates.Select(update => new FeatureUpdate { Name = update.Name, Level = update.Level, Kind = update.Kind }));
        return _context.Apply<UpdateFeaturesResult>(new Command { UpdateFeatures = call });
    }
}
