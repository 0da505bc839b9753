using Spillway.History.Events;
using Spillway.History.Reporting;

namespace Spillway.History.Checking;

/// <summary>
/// Finds what is wrong with a history in one pass over its events; time and memory grow with the number of records. What each anomaly
/// means is written at <see cref="AnomalyKind"/>.
/// </summary>
public sealed class HistoryChecker
{
    private readonly HistoryReport _report;
    private readonly HistoryIndex _index;
    private readonly IHistoryCheck[] _checks;

    private HistoryChecker(CheckerOptions options)
    {
        _report = new HistoryReport(options.ExamplesMax);
        _index = new HistoryIndex(_report);
        _checks =
        [
            new StatisticsCount(_report),
            new StaleAckCheck(_index, _report),
            new PollOrderCheck(_index, _report),
            new SendOrderCheck(_index, _report),
            new VisibilityCheck(_index, _report),
            new PrecommittedReadCheck(_report),
            new TransactionCycleCheck(_index, _report),
            new ConsumeCountCheck(_report),
            new ViewCheck(_index, _report),
            new CommittedOffsetCheck(_report),
            new RealtimeLagCheck(_index, _report, options),
            new ReportedFaultCheck(_report, options),
        ];
    }

    /// <summary>Checks a whole history.</summary>
    public static HistoryReport Check(IEnumerable<HistoryEvent> history, CheckerOptions? options = null)
    {
        var checker = new HistoryChecker(options ?? new CheckerOptions());
        foreach (var line in history)
        {
            checker.Observe(line);
        }

        return checker.Finish();
    }

    private void Observe(HistoryEvent line)
    {
        _index.Observe(line);
        foreach (var check in _checks)
        {
            check.Observe(line);
        }

        _index.Close(line);
    }

    private HistoryReport Finish()
    {
        foreach (var check in _checks)
        {
            check.Finish();
        }

        return _report;
    }
}
