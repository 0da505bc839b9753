using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Spillway.ProtocolFrontend.Handlers.Configs;

/// <summary>
/// Log levels that were set while the process runs, as the host's logger factory takes them: filter rules that follow each change. Gone
/// with the process. Thread-safe.
/// </summary>
internal sealed class LogLevelRules : IConfigureOptions<LoggerFilterOptions>, IOptionsChangeTokenSource<LoggerFilterOptions>, IDisposable
{
    private readonly Lock _lock = new(); // guards _levels and _changed
    private readonly Dictionary<string, LogLevel> _levels = new(StringComparer.Ordinal);
    private CancellationTokenSource _changed = new();

    string? IOptionsChangeTokenSource<LoggerFilterOptions>.Name => Options.DefaultName;

    /// <summary>Sets the level of all categories that begin so (empty: of all), or takes it away (null). Takes effect by <see cref="Commit"/>.</summary>
    public void Set(string category, LogLevel? level)
    {
        lock (_lock)
        {
            if (level is { } set)
            {
                _levels[category] = set;
            }
            else
            {
                _levels.Remove(category);
            }
        }
    }

    /// <summary>Has the logger factory read the rules anew.</summary>
    public void Commit()
    {
        CancellationTokenSource changed;
        lock (_lock)
        {
            (changed, _changed) = (_changed, new CancellationTokenSource());
        }

        changed.Cancel();
        changed.Dispose();
    }

    public void Configure(LoggerFilterOptions options)
    {
        lock (_lock)
        {
            foreach (var (category, level) in _levels)
            {
                // Of rules that fit equally well the last one counts.
                options.Rules.Add(new LoggerFilterRule(null, category.Length == 0 ? null : category, level, null));
            }
        }
    }

    public IChangeToken GetChangeToken()
    {
        lock (_lock)
        {
            return new CancellationChangeToken(_changed.Token);
        }
    }

    public void Dispose() => _changed.Dispose();
}
