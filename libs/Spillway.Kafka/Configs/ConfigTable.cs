using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace Spillway.Kafka.Configs;

/// <summary>All configs of a kind of resource, by name.</summary>
internal sealed class ConfigTable
{
    private readonly FrozenDictionary<string, ConfigDefinition> _byName;
    private readonly string _kind;
    private readonly string _example;

    public ConfigTable(string kind, string example, params IEnumerable<ConfigDefinition>[] families)
    {
        _kind = kind;
        _example = example;
        All = [.. families.SelectMany(family => family).OrderBy(config => config.Name, StringComparer.Ordinal)];
        _byName = All.ToFrozenDictionary(config => config.Name, StringComparer.Ordinal);
    }

    public IReadOnlyList<ConfigDefinition> All { get; }

    public ConfigDefinition? Find(string name) => _byName.GetValueOrDefault(name);

    public ConfigDefinition Get(string name) => _byName[name];

    public bool TryValidate(string name, string? value, [NotNullWhen(false)] out string? error)
    {
        if (_byName.TryGetValue(name, out var config))
        {
            return config.TryValidate(value, out error);
        }

        error = $"Unknown {_kind} config name: {name}. An example of one that there is: {_example}.";
        return false;
    }
}
