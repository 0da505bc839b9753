using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Spillway.Storage.Wal.Reading;

/// <summary>
/// What reading from WAL volumes came to: ranges by the step that gave them, failures by step and reason. On a healthy volume nearly all
/// are of the first step and none is unreadable. Thread-safe; shared by all readers of a process.
/// </summary>
public sealed class WalReadMetrics
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Spillway.WalReading";

    private readonly Counter<long> _reads;
    private readonly Counter<long> _readBytes;
    private readonly Counter<long> _failures;
    private readonly Counter<long> _unreadable;

    /// <summary>Makes the instruments.</summary>
    public WalReadMetrics(IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(meters);
        var meter = meters.Create(MeterName);
        _reads = meter.CreateCounter<long>(
            "spillway.wal.reads", "{range}", "Ranges read intact, by reader and by the step that gave them: open_file, fresh_view, writer.");
        _readBytes = meter.CreateCounter<long>("spillway.wal.read", "By", "Bytes of them.");
        _failures = meter.CreateCounter<long>(
            "spillway.wal.read.failures", "{try}", "Tries that did not give a range intact, by reader, step and reason.");
        _unreadable = meter.CreateCounter<long>(
            "spillway.wal.read.unreadable", "{range}", "Ranges that no step gave intact, by reader and reason.");
    }

    internal void Succeeded(string reader, WalReadStep step, long bytes)
    {
        var tags = new TagList { { "reader", reader }, { "step", NameOf(step) } };
        _reads.Add(1, tags);
        _readBytes.Add(bytes, tags);
    }

    internal void Failed(string reader, WalReadStep step, string reason) =>
        _failures.Add(1, new TagList { { "reader", reader }, { "step", NameOf(step) }, { "reason", reason } });

    internal void Unreadable(string reader, WalReadFailure failure) =>
        _unreadable.Add(1, new TagList { { "reader", reader }, { "reason", NameOf(failure) } });

    internal static string NameOf(WalReadFailure failure) => failure switch
    {
        WalReadFailure.Missing => "missing",
        WalReadFailure.StaleHandle => "stale_handle",
        WalReadFailure.Short => "short",
        WalReadFailure.Corrupt => "corrupt",
        WalReadFailure.TimedOut => "timed_out",
        _ => "failed",
    };

    private static string NameOf(WalReadStep step) => step switch
    {
        WalReadStep.OpenFile => "open_file",
        WalReadStep.FreshView => "fresh_view",
        _ => "writer",
    };
}
