using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Spillway.ServiceDefaults.Logging;
using Spillway.Testing;
using Xunit;

namespace Spillway.ServiceDefaults.Tests.Logging;

public sealed class LogfmtFormatterTests
{
    private readonly LogfmtFormatter _formatter = new(new ServiceIdentity("wal-writer", "0.1.0"), new ManualTimeProvider());

    [Fact]
    public void An_entry_is_one_line_of_pairs()
    {
        KeyValuePair<string, object?>[] state = [new("SegmentId", 7L), new("Path", "/wal/a b"), new("{OriginalFormat}", "Sealed {SegmentId}.")];

        var line = Format(LogLevel.Information, state, null, "Sealed 7.");

        Assert.Equal(
            "time=2026-01-01T00:00:00.000Z level=info service=wal-writer logger=Spillway.Wal event=12 msg=\"Sealed 7.\" segmentId=7 path=\"/wal/a b\"\n",
            line);
    }

    [Fact]
    public void Line_ends_and_quotes_are_escaped()
    {
        var line = Format(LogLevel.Error, [new("Reason", "a\r\n\"b\"\t\\")], new IOException("first\nsecond"), "x");

        Assert.Equal('\n', line[^1]);
        Assert.DoesNotContain('\n', line[..^1]);
        Assert.Contains("reason=\"a\\r\\n\\\"b\\\"\\t\\\\\"", line, StringComparison.Ordinal);
        Assert.Contains("exception=\"System.IO.IOException: first\\nsecond\"", line, StringComparison.Ordinal);
    }

    private string Format(LogLevel level, KeyValuePair<string, object?>[] state, Exception? exception, string message)
    {
        var writer = new StringWriter();
        _formatter.Write(
            new LogEntry<KeyValuePair<string, object?>[]>(level, "Spillway.Wal", new EventId(12), state, exception, (_, _) => message),
            null,
            writer);
        return writer.ToString();
    }
}
