using System.Collections.Frozen;

namespace Spillway.Kafka.Configs;

/// <summary>
/// Configs that have a meaning here, but none yet: they are checked, stored and shown, and said not to act. Each leaves this list in the
/// change that makes it act.
/// </summary>
internal static class PendingConfigs
{
    // By what they wait for. A name that ends with a dot stands for all that begin so.
    private static readonly (string Later, string[] Names)[] Waiting =
    [
        ("producers", ["producer.id.expiration.check.interval.ms"]),
        ("limits of connections", [
            "max.connection.", "max.connections", "max.connections.", "queued.max.requests", "queued.max.request.bytes",
            "connection.failed.authentication.delay.ms"]),
    ];

    private static readonly FrozenDictionary<string, string> ByName = Waiting
        .SelectMany(static entry => entry.Names.Select(name => (name, entry.Later)))
        .ToFrozenDictionary(static pair => pair.name, static pair => pair.Later, StringComparer.Ordinal);

    /// <summary>What a config waits for, in words; null when it acts, or never will.</summary>
    public static string? LaterOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (ByName.TryGetValue(name, out var later))
        {
            return later;
        }

        foreach (var (prefix, waitsFor) in ByName)
        {
            if (prefix.EndsWith('.') && name.StartsWith(prefix, StringComparison.Ordinal))
            {
                return waitsFor;
            }
        }

        return null;
    }
}
