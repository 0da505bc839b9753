using System.Globalization;

namespace Spillway.Storage.Copies;

/// <summary>
/// Names one copy of the state in the object store: <c>meta/CLUSTER/INCARNATION/TIME.snapshot</c> with its manifest <c>….json</c>, which is
/// written last. The time is the state's own, in ms; so that a later copy of an incarnation has a greater name.
/// </summary>
/// <param name="ClusterId">32 hexadecimal digits.</param>
/// <param name="Incarnation">How often the cluster had been restored.</param>
/// <param name="TimeMs">The state's time.</param>
public readonly record struct SnapshotCopyName(string ClusterId, long Incarnation, long TimeMs) : IComparable<SnapshotCopyName>
{
    /// <summary>What the keys of all clusters' copies begin with.</summary>
    public const string RootPrefix = Root + "/";

    private const string Root = "meta";
    private const string ContentSuffix = ".snapshot";
    private const string ManifestSuffix = ".json";

    /// <summary>The key of the snapshot itself.</summary>
    public string ContentKey => Key + ContentSuffix;

    /// <summary>The key of its manifest.</summary>
    public string ManifestKey => Key + ManifestSuffix;

    private string Key => string.Create(CultureInfo.InvariantCulture, $"{Root}/{ClusterId}/{Incarnation:x8}/{TimeMs:x16}");

    /// <summary>What the keys of all copies of a cluster begin with.</summary>
    public static string PrefixOf(string clusterId) => $"{Root}/{clusterId}/";

    /// <summary>Where the restore that begins an incarnation leaves its claim.</summary>
    public static string ClaimOf(string clusterId, long incarnation) =>
        string.Create(CultureInfo.InvariantCulture, $"{Root}/{clusterId}/{incarnation:x8}/restore");

    /// <summary>Where it tells, once it is done, what it did and what it could not do.</summary>
    public static string ReportOf(string clusterId, long incarnation) => ClaimOf(clusterId, incarnation) + "-report.txt";

    /// <summary>Reads a key; false for one that is no copy's.</summary>
    public static bool TryParse(string key, out SnapshotCopyName name, out bool isManifest)
    {
        name = default;
        isManifest = key.EndsWith(ManifestSuffix, StringComparison.Ordinal);
        if (!isManifest && !key.EndsWith(ContentSuffix, StringComparison.Ordinal)
            || key.Split('/') is not [Root, var cluster, var incarnation, var file]
            || !TryHex(incarnation, 8, out var number)
            || !TryHex(file[..file.IndexOf('.', StringComparison.Ordinal)], 16, out var timeMs))
        {
            return false;
        }

        name = new SnapshotCopyName(cluster, number, timeMs);
        return true;
    }

    /// <summary>The incarnation that a key under <see cref="PrefixOf"/> belongs to; −1 for none.</summary>
    public static long IncarnationOf(string key) =>
        key.Split('/') is [Root, _, var incarnation, ..] && TryHex(incarnation, 8, out var number) ? number : -1;

    /// <summary>Whether the first is the earlier one.</summary>
    public static bool operator <(SnapshotCopyName left, SnapshotCopyName right) => left.CompareTo(right) < 0;

    /// <summary>Whether the first is the later one.</summary>
    public static bool operator >(SnapshotCopyName left, SnapshotCopyName right) => left.CompareTo(right) > 0;

    /// <summary>Whether the first is not the later one.</summary>
    public static bool operator <=(SnapshotCopyName left, SnapshotCopyName right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the first is not the earlier one.</summary>
    public static bool operator >=(SnapshotCopyName left, SnapshotCopyName right) => left.CompareTo(right) >= 0;

    /// <summary>A later incarnation comes after an earlier one, whatever the times.</summary>
    public int CompareTo(SnapshotCopyName other) =>
        Incarnation != other.Incarnation ? Incarnation.CompareTo(other.Incarnation) : TimeMs.CompareTo(other.TimeMs);

    private static bool TryHex(string text, int digits, out long value)
    {
        value = 0;
        return text.Length == digits
            && long.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
            && value >= 0;
    }
}
