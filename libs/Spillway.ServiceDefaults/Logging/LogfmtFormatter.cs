using System.Buffers;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Spillway.ServiceDefaults.Logging;

/// <summary>
/// One line an entry, as key=value pairs: <c>time=… level=info service=wal-writer logger=… event=12 msg="…" key=value</c>.
/// Line ends inside values, stacks included, are escaped, so that a line is always a whole entry.
/// </summary>
internal sealed class LogfmtFormatter(ServiceIdentity identity, TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "logfmt";

    private static readonly SearchValues<char> Quoted = SearchValues.Create(" =\"\\\r\n\t");

    private const string HostCategory = "Microsoft.Extensions.Hosting.Internal.Host";
    private const int HostStartFailed = 11;

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        // ServiceHost tells why a start failed, in one line; the host's own entry is the same with a stack.
        if (logEntry.EventId.Id == HostStartFailed && logEntry.Category == HostCategory
            && logEntry.Exception is { } startFailure && ServiceHost.FindReason(startFailure) is not null)
        {
            return;
        }

        textWriter.Write("time=");
        textWriter.Write(time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
        textWriter.Write(" level=");
        textWriter.Write(NameOf(logEntry.LogLevel));
        WritePair(textWriter, "service", identity.Name);
        WritePair(textWriter, "logger", logEntry.Category);
        if (logEntry.EventId.Id != 0)
        {
            WritePair(textWriter, "event", logEntry.EventId.Id.ToString(CultureInfo.InvariantCulture));
        }

        WritePair(textWriter, "msg", logEntry.Formatter(logEntry.State, logEntry.Exception));
        if (logEntry.State is IReadOnlyList<KeyValuePair<string, object?>> values)
        {
            WriteValues(textWriter, values);
        }

        if (logEntry.Exception is { } exception)
        {
            WritePair(textWriter, "exception", exception.ToString());
        }

        textWriter.Write('\n');
    }

    private static void WriteValues(TextWriter writer, IReadOnlyList<KeyValuePair<string, object?>> values)
    {
        foreach (var (key, value) in values)
        {
            if (key != "{OriginalFormat}")
            {
                WritePair(writer, char.ToLowerInvariant(key[0]) + key[1..], Convert.ToString(value, CultureInfo.InvariantCulture) ?? "null");
            }
        }
    }

    private static void WritePair(TextWriter writer, string key, string value)
    {
        writer.Write(' ');
        writer.Write(key);
        writer.Write('=');
        if (value.Length > 0 && !value.AsSpan().ContainsAny(Quoted))
        {
            writer.Write(value);
            return;
        }

        writer.Write('"');
        foreach (var character in value)
        {
            writer.Write(character switch { '"' => "\\\"", '\\' => "\\\\", '\n' => "\\n", '\r' => "\\r", '\t' => "\\t", _ => null });
            if (character is not ('"' or '\\' or '\n' or '\r' or '\t'))
            {
                writer.Write(character);
            }
        }

        writer.Write('"');
    }

    private static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "error",
        _ => "critical",
    };
}
