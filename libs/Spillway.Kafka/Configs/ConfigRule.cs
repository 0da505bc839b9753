using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml;

namespace Spillway.Kafka.Configs;

/// <summary>What values a config takes beyond those of its type, and how to say so.</summary>
public sealed partial class ConfigRule
{
    private readonly Func<string, bool> _accepts;

    private ConfigRule(string text, Func<string, bool> accepts)
    {
        Text = text;
        _accepts = accepts;
    }

    /// <summary>Whatever the type takes.</summary>
    public static ConfigRule Any { get; } = new("any value of its type", _ => true);

    /// <summary>The rule in words, to follow "must be".</summary>
    public string Text { get; }

    /// <summary>A number no smaller than <paramref name="min"/>.</summary>
    public static ConfigRule AtLeast(long min) =>
        new(string.Create(CultureInfo.InvariantCulture, $"at least {min}"), value => Number(value) >= min);

    /// <summary>−1 for no bound, or a number no smaller than <paramref name="min"/>.</summary>
    public static ConfigRule UnlimitedOrAtLeast(long min) => new(
        string.Create(CultureInfo.InvariantCulture, $"-1 or at least {min}"), value => Number(value) is -1 || Number(value) >= min);

    /// <summary>A number within both bounds.</summary>
    public static ConfigRule Between(double min, double max) => new(
        string.Create(CultureInfo.InvariantCulture, $"between {min} and {max}"),
        value => Number(value) >= min && Number(value) <= max);

    /// <summary>One of <paramref name="values"/>.</summary>
    public static ConfigRule OneOf(params string[] values) =>
        new($"one of {string.Join(", ", values)}", value => values.Contains(value, StringComparer.Ordinal));

    /// <summary>One of <paramref name="values"/>, in whatever case.</summary>
    public static ConfigRule OneOfAnyCase(params string[] values) =>
        new($"one of {string.Join(", ", values)}", value => values.Contains(value, StringComparer.OrdinalIgnoreCase));

    /// <summary>Any text but none.</summary>
    public static ConfigRule NotEmpty { get; } = new("a text that is not empty", value => value.Length > 0);

    /// <summary>A list without repetition; it may be empty.</summary>
    public static ConfigRule DistinctList { get; } =
        new("a list of different items", value => TryReadItems(value, out _));

    /// <summary>A list without repetition of at least one item.</summary>
    public static ConfigRule DistinctItems { get; } =
        new("a list of at least one item, all different", value => TryReadItems(value, out var items) && items.Length > 0);

    /// <summary>
    /// A list without repetition whose items are all among <paramref name="values"/>; it may be empty (KIP-1161).
    /// </summary>
    public static ConfigRule ListOf(params string[] values) => new(
        $"a list of {string.Join(", ", values)}", value => TryReadItems(value, out var items) && items.All(values.Contains));

    /// <summary>The same with at least one item.</summary>
    public static ConfigRule ItemsOf(params string[] values) => new(
        $"a list of at least one of {string.Join(", ", values)}",
        value => TryReadItems(value, out var items) && items.Length > 0 && items.All(values.Contains));

    /// <summary>A list without repetition of <paramref name="always"/> and any of <paramref name="others"/>.</summary>
    public static ConfigRule ItemsWith(string always, params string[] others) => new(
        $"a list of {always} and any of {string.Join(", ", others)}",
        value => TryReadItems(value, out var items) && items.Contains(always) && items.All(item => item == always || others.Contains(item)));

    /// <summary>The replicas that a topic's replication is throttled for: partition:broker pairs, or * for all.</summary>
    public static ConfigRule ThrottledReplicas { get; } = new(
        "* or a list of replicas as partition:broker",
        value => value is "*" or "" || value.Split(',').All(static item => ReplicaPair().IsMatch(item.Trim())));

    /// <summary>Whether the rule allows <paramref name="value"/>, which is known to be of the config's type.</summary>
    public bool Accepts(string value) => _accepts(value);

    /// <summary>Where a share group begins (KIP-1106).</summary>
    public static ConfigRule ShareOffsetReset { get; } = new(
        "earliest, latest or by_duration:PnDTnHnMn.nS",
        value => value.Equals("earliest", StringComparison.OrdinalIgnoreCase)
            || value.Equals("latest", StringComparison.OrdinalIgnoreCase)
            || (value.StartsWith("by_duration:", StringComparison.OrdinalIgnoreCase) && IsDuration(value["by_duration:".Length..])));

    private static bool IsDuration(string value)
    {
        try
        {
            return XmlConvert.ToTimeSpan(value) >= TimeSpan.Zero;
        }
        catch (Exception wrong) when (wrong is FormatException or OverflowException)
        {
            return false;
        }
    }

    // An item between two commas that is not there is wrong, as in Kafka; a value of nothing is a list of nothing.
    private static bool TryReadItems(string value, out string[] items)
    {
        items = value.Length == 0 ? [] : value.Split(',', StringSplitOptions.TrimEntries);
        return !items.Contains("") && items.Distinct(StringComparer.Ordinal).Count() == items.Length;
    }

    [GeneratedRegex("^([0-9]+:[0-9]+)?$")]
    private static partial Regex ReplicaPair();

    private static double Number(string value) => double.Parse(value, NumberStyles.Float, CultureInfo.InvariantCulture);
}
