using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Spillway.Storage.Faults;

/// <summary>
/// The faults that are in force in this process: what its control file says, looked at ten times a second. A file that is not there
/// means none; one with a bad line changes nothing. Thread-safe.
/// </summary>
public sealed partial class FaultControl : IDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    private readonly Lock _reload = new(); // one reload at a time
    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly ILogger<FaultControl> _logger;
    private readonly Counter<long> _struck;
    private readonly ITimer? _timer;
    private volatile FaultRule[] _rules = [];
    private string _text = "";

    /// <summary>Reads the file for the first time, so that faults may be for the start too.</summary>
    public FaultControl(FaultOptions options, TimeProvider time, IMeterFactory meters, ILogger<FaultControl> logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(meters);
        _path = options.ControlFile;
        _time = time;
        _logger = logger;
        var meter = meters.Create("Spillway.Faults");
        _struck = meter.CreateCounter<long>("spillway.faults.struck", "{fault}", "Faults made on purpose, by kind and place.");
        if (!IsOn)
        {
            return;
        }

        meter.CreateObservableGauge("spillway.faults.rules", () => _rules.Count(static rule => !rule.Ended.IsCompleted), "{rule}", "Fault rules in force.");
        Log.IsOn(logger, _path);
        Reload();
        _timer = time.CreateTimer(static control => ((FaultControl)control!).Reload(), this, PollInterval, PollInterval);
    }

    /// <summary>Whether a control file was named. Where not, nothing is wrapped and nothing is asked.</summary>
    public bool IsOn => _path.Length > 0;

    internal FaultRule[] Rules => _rules;

    /// <summary>How the process dies; a test puts something gentler here.</summary>
    internal Action Death { get; set; } = KillProcess;

    /// <summary>Reads the file now and not at the next poll.</summary>
    public void Reload()
    {
        lock (_reload)
        {
            var text = ReadFile();
            if (text == _text)
            {
                return;
            }

            _text = text;
            try
            {
                Apply(text);
                Log.RulesChanged(_logger, _rules.Length);
            }
            catch (FormatException e)
            {
                Log.RulesRefused(_logger, e.Message);
            }
        }
    }

    /// <summary>Ends all faults: whoever they hold up goes on.</summary>
    public void Dispose()
    {
        _timer?.Dispose();
        lock (_reload)
        {
            Apply("");
        }
    }

    internal void NoteStrike(FaultRule rule, string place)
    {
        _struck.Add(1, new TagList { { "fault", rule.Kind.ToString() }, { "place", place } });
        Log.Struck(_logger, rule.Kind, place);
    }

    [DoesNotReturn]
    internal void Die(string place)
    {
        Log.Dies(_logger, place);
        Death();
        throw new UnreachableException("The process was killed.");
    }

    private static void KillProcess()
    {
        Process.GetCurrentProcess().Kill();

        // The signal is on its way; not one more instruction of ours may run.
        using var never = new ManualResetEventSlim();
        never.Wait();
    }

    private string ReadFile()
    {
        try
        {
            return File.ReadAllText(_path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.RulesRefused(_logger, e.Message);
            return _text;
        }
    }

    private void Apply(string text)
    {
        var kept = _rules.ToLookup(static rule => rule.Text, StringComparer.Ordinal);
        var lines = text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(static line => line[0] != '#')
            .Distinct(StringComparer.Ordinal)
            .Select(static line => (Text: line, Line: FaultLine.Parse(line)))
            .ToList();
        var rules = lines.ConvertAll(line => kept[line.Text].FirstOrDefault() ?? new FaultRule(line.Text, line.Line, _time));
        var ended = _rules.Except(rules).ToList();
        _rules = [.. rules];
        ended.ForEach(static rule => rule.End());
    }

    private static partial class Log
    {
        [LoggerMessage(1501, LogLevel.Warning, "Faults on purpose are possible: {Path} says which.")]
        public static partial void IsOn(ILogger logger, string path);

        [LoggerMessage(1502, LogLevel.Warning, "Fault rules in force: {Count}.")]
        public static partial void RulesChanged(ILogger logger, int count);

        [LoggerMessage(1503, LogLevel.Error, "The fault rules stay as they were: {Reason}")]
        public static partial void RulesRefused(ILogger logger, string reason);

        [LoggerMessage(1504, LogLevel.Information, "Fault on purpose: {Fault} at {Place}.")]
        public static partial void Struck(ILogger logger, FaultKind fault, string place);

        [LoggerMessage(1505, LogLevel.Warning, "Fault on purpose: the process dies at {Place}.")]
        public static partial void Dies(ILogger logger, string place);
    }
}
