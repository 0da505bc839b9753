using System.Globalization;

namespace Spillway.Kafka.Generator.Schema;

/// <summary>An inclusive range of versions, written <c>3</c>, <c>0-7</c>, <c>9+</c> or <c>none</c>.</summary>
internal readonly struct VersionRange(short first, short last)
{
    public static readonly VersionRange None = new(1, 0);

    public short First { get; } = first;

    public short Last { get; } = last;

    public bool IsEmpty => First > Last;

    public bool Contains(short version) => version >= First && version <= Last;

    public bool Covers(VersionRange other) => other.IsEmpty || (First <= other.First && Last >= other.Last);

    public VersionRange Intersect(VersionRange other) =>
        new(Math.Max(First, other.First), Math.Min(Last, other.Last));

    /// <summary>The smallest range that holds both.</summary>
    public VersionRange Hull(VersionRange other) =>
        IsEmpty ? other
        : other.IsEmpty ? this
        : new(Math.Min(First, other.First), Math.Max(Last, other.Last));

    public static bool TryParse(string text, out VersionRange range)
    {
        range = None;
        if (text == "none")
        {
            return true;
        }

        if (text.EndsWith("+", StringComparison.Ordinal))
        {
            if (!TryNumber(text.Substring(0, text.Length - 1), out var from))
            {
                return false;
            }

            range = new(from, short.MaxValue);
            return true;
        }

        var dash = text.IndexOf('-');
        if (!TryNumber(dash < 0 ? text : text.Substring(0, dash), out var first))
        {
            return false;
        }

        var last = first;
        if (dash >= 0 && !TryNumber(text.Substring(dash + 1), out last))
        {
            return false;
        }

        range = new(first, last);
        return first <= last;
    }

    public override string ToString() =>
        IsEmpty ? "none"
        : Last == short.MaxValue ? First.ToString(CultureInfo.InvariantCulture) + "+"
        : First == Last ? First.ToString(CultureInfo.InvariantCulture)
        : string.Format(CultureInfo.InvariantCulture, "{0}-{1}", First, Last);

    private static bool TryNumber(string text, out short number) =>
        short.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
