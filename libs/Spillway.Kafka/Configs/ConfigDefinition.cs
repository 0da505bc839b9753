using System.Diagnostics.CodeAnalysis;

namespace Spillway.Kafka.Configs;

/// <summary>One config: its key as Kafka names it, what it takes and what it is for.</summary>
public sealed class ConfigDefinition
{
    private readonly bool _hasMeaning = true;

    internal ConfigDefinition(string name, ConfigType type, string? defaultValue, string documentation)
    {
        Name = name;
        Type = type;
        Default = defaultValue;
        Documentation = documentation;
    }

    /// <summary>The key.</summary>
    public string Name { get; }

    /// <summary>The type of its value.</summary>
    public ConfigType Type { get; }

    /// <summary>The value where nothing is set; null for none.</summary>
    public string? Default { get; }

    /// <summary>A sentence or two for people.</summary>
    public string Documentation { get; }

    /// <summary>What values it takes.</summary>
    public ConfigRule Rule { get; init; } = ConfigRule.Any;

    /// <summary>
    /// Whether setting it changes what Spillway does. The others are taken and shown, so that tools which set them go on
    /// working, and mean something that a platform without broker disks does not have.
    /// </summary>
    public bool Acts
    {
        get => _hasMeaning && WaitsFor is null;
        init => _hasMeaning = value;
    }

    /// <summary>For a config that will act and does not yet: what it waits for, in words.</summary>
    public string? WaitsFor => _hasMeaning ? PendingConfigs.LaterOf(Name) : null;

    /// <summary>What an operator who describes it is told: the documentation and, where setting it changes nothing, that.</summary>
    public string Description => WaitsFor is { } later ? $"{Documentation} Stored and shown; without effect until there is {later}."
        : Acts ? Documentation
        : $"{Documentation} Stored and shown; without effect here.";

    /// <summary>Whether its value is kept from whoever describes it.</summary>
    public bool IsSensitive => Type == ConfigType.Password;

    /// <summary>Known to brokers and taken, but never described: for Kafka's own tests, or only ever set dynamically.</summary>
    public bool IsHidden { get; private init; }

    /// <summary>For a topic config: the broker configs that give its default, the strongest first, with their factor.</summary>
    internal IReadOnlyList<(string Name, long Factor)> BrokerSynonyms { get; init; } = [];

    /// <summary>The strongest broker config that gives a topic config's default; null where there is none.</summary>
    public string? BrokerSynonym => BrokerSynonyms.Count == 0 ? null : BrokerSynonyms[0].Name;

    /// <summary>A config that is taken and shown, and changes nothing.</summary>
    internal static ConfigDefinition Stored(
        string name, ConfigType type, string? defaultValue, string documentation, ConfigRule? rule = null) =>
        new(name, type, defaultValue, documentation) { Rule = rule ?? ConfigRule.Any, Acts = false };

    /// <summary>The same for one that Kafka does not show.</summary>
    internal static ConfigDefinition Hidden(
        string name, ConfigType type, string? defaultValue, string documentation, ConfigRule? rule = null) =>
        new(name, type, defaultValue, documentation) { Rule = rule ?? ConfigRule.Any, Acts = false, IsHidden = true };

    /// <summary>
    /// Checks a value, and says in <paramref name="error"/> what is wrong and what would be right. The message begins as Kafka's, which people
    /// and tools look for.
    /// </summary>
    public bool TryValidate(string? value, [NotNullWhen(false)] out string? error)
    {
        error = null;
        if (value is null)
        {
            // No value is the default where the default is to have none.
            error = Default is null ? null : $"{Name} needs a value, e.g. {Example}.";
            return error is null;
        }

        var trimmed = value.Trim();
        if (!ConfigValue.IsOfType(Type, trimmed))
        {
            error = $"Invalid value {value} for configuration {Name}: Value must be of type {TypeName}, e.g. {Example}.";
        }
        else if (!Rule.Accepts(trimmed))
        {
            error = $"Invalid value {value} for configuration {Name}: Value must be {Rule.Text}, e.g. {Example}.";
        }

        return error is null;
    }

    /// <summary>The key with a value it takes.</summary>
    internal string Example => $"{Name}={Default}";

    [SuppressMessage("Globalization", "CA1308", Justification = "Kafka's own names of the types are lower case.")]
    private string TypeName => Type.ToString().ToLowerInvariant();
}
