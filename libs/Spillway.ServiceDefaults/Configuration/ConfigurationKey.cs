namespace Spillway.ServiceDefaults.Configuration;

/// <summary>One part of a known key with what may follow it.</summary>
internal sealed class ConfigurationKey
{
    public Dictionary<string, ConfigurationKey> Children { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>What an index or a dictionary key leads to; null where only the named children are known.</summary>
    public ConfigurationKey? AnyChild { get; set; }

    public ConfigurationKey GetOrAdd(string name)
    {
        if (!Children.TryGetValue(name, out var child))
        {
            Children.Add(name, child = new ConfigurationKey());
        }

        return child;
    }

    public ConfigurationKey? Find(string name) => Children.TryGetValue(name, out var child) ? child : AnyChild;

    /// <summary>The full names of all leaves below <paramref name="prefix"/>.</summary>
    public IEnumerable<string> EnumerateLeaves(string prefix)
    {
        if (Children.Count == 0)
        {
            yield return AnyChild is null ? prefix : prefix + ":0";
        }

        foreach (var (name, child) in Children)
        {
            foreach (var leaf in child.EnumerateLeaves(prefix.Length == 0 ? name : prefix + ":" + name))
            {
                yield return leaf;
            }
        }
    }
}
