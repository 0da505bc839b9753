using System.Collections.Frozen;
using Microsoft.Extensions.Options;
using Spillway.Kafka.Errors;

namespace Spillway.ProtocolFrontend.Handlers.Configs;

/// <summary>
/// The levels of this process's logs, by namespace, as clients see and change them while it runs (KIP-412). They are gone with the process, as
/// Kafka's are. Thread-safe.
/// </summary>
internal sealed class BrokerLoggers(IOptionsMonitor<LoggerFilterOptions> filters, LogLevelRules rules)
{
    /// <summary>Kafka's name of the logger above all others.</summary>
    public const string Root = "root";

    private static readonly FrozenDictionary<string, LogLevel> ByName = new Dictionary<string, LogLevel>
    {
        ["TRACE"] = LogLevel.Trace,
        ["DEBUG"] = LogLevel.Debug,
        ["INFO"] = LogLevel.Information,
        ["WARN"] = LogLevel.Warning,
        ["ERROR"] = LogLevel.Error,
        ["FATAL"] = LogLevel.Critical,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Every logger with its level.</summary>
    public SortedDictionary<string, string> Levels()
    {
        var current = filters.CurrentValue;
        var levels = new SortedDictionary<string, string>(StringComparer.Ordinal) { [Root] = NameOf(LevelOf(current, "")) };
        foreach (var name in Names())
        {
            levels[name] = NameOf(LevelOf(current, name));
        }

        return levels;
    }

    /// <summary>Checks one operation of IncrementalAlterConfigs: what Kafka says to it.</summary>
    public static (ErrorCode Error, string? Message) Check(AskedConfig asked) => asked.Operation switch
    {
        AskedConfig.Set when asked.Name != Root && !Names().Contains(asked.Name) =>
            (ErrorCode.InvalidConfig, $"Logger {asked.Name} does not exist!"),
        AskedConfig.Set when !ByName.ContainsKey(asked.Value!) =>
            (ErrorCode.InvalidConfig, $"Cannot set the log level of {asked.Name} to {asked.Value} as it is not a supported log level. "
                + $"Valid log levels are {string.Join(", ", ByName.Keys.Order(StringComparer.Ordinal))}"),
        AskedConfig.Set => (ErrorCode.None, null),
        AskedConfig.Delete when asked.Name == Root =>
            (ErrorCode.InvalidRequest, $"Removing the log level of the {Root} logger is not allowed"),
        AskedConfig.Delete when !Names().Contains(asked.Name) => (ErrorCode.InvalidConfig, $"Logger {asked.Name} does not exist!"),
        AskedConfig.Delete => (ErrorCode.None, null),
        _ => (ErrorCode.InvalidRequest, "This operation is not allowed for the BROKER_LOGGER resource"),
    };

    /// <summary>Carries out operations that were found right.</summary>
    public void Apply(IEnumerable<AskedConfig> operations)
    {
        foreach (var operation in operations)
        {
            rules.Set(
                operation.Name == Root ? "" : operation.Name,
                operation.Operation == AskedConfig.Set ? ByName[operation.Value!] : null);
        }

        rules.Commit();
    }

    // Our own namespaces and the host's: what log categories begin with.
    private static HashSet<string> Names() => AppDomain.CurrentDomain.GetAssemblies()
        .Where(static assembly => assembly.GetName().Name is { } name
            && name.StartsWith("Spillway.", StringComparison.Ordinal) && !name.EndsWith(".Tests", StringComparison.Ordinal))
        .SelectMany(static assembly => assembly.GetTypes())
        .Select(static type => type.Namespace)
        .OfType<string>()
        .Where(static name => name.StartsWith("Spillway.", StringComparison.Ordinal))
        .Append("Microsoft.AspNetCore")
        .ToHashSet(StringComparer.Ordinal);

    private static LogLevel LevelOf(LoggerFilterOptions options, string category)
    {
        var best = options.MinLevel;
        var bestLength = -1;
        foreach (var rule in options.Rules)
        {
            var length = rule.CategoryName?.Length ?? 0;
            if (rule is { ProviderName: null, LogLevel: { } level } && length >= bestLength
                && (rule.CategoryName is null or "Default" || category.StartsWith(rule.CategoryName, StringComparison.OrdinalIgnoreCase)))
            {
                (best, bestLength) = (level, length);
            }
        }

        return best;
    }

    private static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Trace => "TRACE",
        LogLevel.Debug => "DEBUG",
        LogLevel.Information => "INFO",
        LogLevel.Warning => "WARN",
        LogLevel.Error => "ERROR",
        LogLevel.Critical => "FATAL",
        _ => "OFF",
    };
}
