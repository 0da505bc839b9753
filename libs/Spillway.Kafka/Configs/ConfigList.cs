namespace Spillway.Kafka.Configs;

/// <summary>The two operations of IncrementalAlterConfigs that lists have.</summary>
public static class ConfigList
{
    /// <summary>The items of <paramref name="current"/> and those of <paramref name="added"/> that are not among them.</summary>
    public static string Append(string current, string added)
    {
        ArgumentNullException.ThrowIfNull(current);
        ArgumentNullException.ThrowIfNull(added);
        return string.Join(',', ConfigValue.ToList(current).Union(ConfigValue.ToList(added), StringComparer.Ordinal));
    }

    /// <summary>The items of <paramref name="current"/> that are not among those of <paramref name="removed"/>.</summary>
    public static string Subtract(string current, string removed)
    {
        ArgumentNullException.ThrowIfNull(current);
        ArgumentNullException.ThrowIfNull(removed);
        return string.Join(',', ConfigValue.ToList(current).Except(ConfigValue.ToList(removed), StringComparer.Ordinal));
    }
}
