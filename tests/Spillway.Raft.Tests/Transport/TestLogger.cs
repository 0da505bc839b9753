using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Spillway.Raft.Tests.Transport;

/// <summary>Keeps what an operator would read.</summary>
internal sealed class TestLogger : ILogger
{
    public ConcurrentQueue<(LogLevel Level, string Text)> Lines { get; } = new();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Lines.Enqueue((logLevel, formatter(state, exception)));

    /// <summary>Whether a warning or worse says this.</summary>
    public bool Warned(string text) =>
        Lines.Any(line => line.Level >= LogLevel.Warning && line.Text.Contains(text, StringComparison.Ordinal));
}
