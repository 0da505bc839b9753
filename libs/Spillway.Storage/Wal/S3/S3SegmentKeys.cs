using System.Globalization;

namespace Spillway.Storage.Wal.S3;

/// <summary>
/// The keys of a segment's objects: <c>volume/segment/number</c>, the number with ten digits, so that keys sort as blocks were placed.
/// See docs/formats/wal-s3.md.
/// </summary>
public static class S3SegmentKeys
{
    private const int NumberDigits = 10;

    /// <summary>What all keys of a segment begin with, and no other's.</summary>
    public static string PrefixOf(string segmentPath) => segmentPath + "/";

    /// <summary>The segment's header.</summary>
    public static string HeaderOf(string segmentPath) => BlockOf(segmentPath, 0);

    /// <summary>The block of that number.</summary>
    public static string BlockOf(string segmentPath, int number) =>
        string.Create(CultureInfo.InvariantCulture, $"{segmentPath}/{number:d10}");

    /// <summary>The number of a key; false for keys that are not of that segment's making.</summary>
    public static bool TryParse(string segmentPath, string key, out int number)
    {
        number = 0;
        return key.StartsWith(PrefixOf(segmentPath), StringComparison.Ordinal)
            && key.Length == segmentPath.Length + 1 + NumberDigits
            && int.TryParse(key.AsSpan(segmentPath.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
