using System.Globalization;

namespace Spillway.Kafka.Configs;

/// <summary>What values a config takes beyond those of its type, and how to say so.</summary>
public sealed class ConfigRule
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

    /// <summary>A number within both bounds.</summary>
    public static ConfigRule Between(double min, double max) => new(
        string.Create(CultureInfo.InvariantCulture, $"between {min} and {max}"),
        value => Number(value) >= min && Number(value) <= max);

    /// <summary>One of <paramref name="values"/>.</summary>
    public static ConfigRule OneOf(params string[] values) =>
        new($"one of {string.Join(", ", values)}", value => values.Contains(value, StringComparer.Ordinal));

    /// <summary>A list without repetition whose items are all among <paramref name="values"/>; it may be empty.</summary>
    public static ConfigRule ListOf(params string[] values) => new($"a list of {string.Join(", ", values)}", value =>
    {
        var items = ConfigValue.ToList(value);
        return items.All(item => values.Contains(item, StringComparer.Ordinal))
            && items.Distinct(StringComparer.Ordinal).Count() == items.Length;
    });

    /// <summary>Whether the rule allows <paramref name="value"/>, which is known to be of the config's type.</summary>
    public bool Accepts(string value) => _accepts(value);

    private static double Number(string value) => double.Parse(value, NumberStyles.Float, CultureInfo.InvariantCulture);
}
