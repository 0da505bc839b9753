using Spillway.History.Events;
using Spillway.History.Reporting;

namespace Spillway.History.Checking;

/// <summary>Counts what was done.</summary>
internal sealed class StatisticsCount(HistoryReport report) : IHistoryCheck
{
    private long _firstMicros = -1;

    public void Observe(HistoryEvent line)
    {
        var statistics = report.Statistics;
        _firstMicros = _firstMicros < 0 ? line.MonotonicMicros : _firstMicros;
        statistics.SecondsCovered = (line.MonotonicMicros - _firstMicros) / 1e6;
        if (line is { Operation: Operation.Fault, Outcome: Outcome.Invoke })
        {
            Count(statistics.Faults, (line.Text ?? "unknown").Split(' ')[0]);
        }

        if (line.Error is not null)
        {
            Count(statistics.Errors, line.Error);
        }

        if (line.Outcome == Outcome.Invoke
            || line.Operation is Operation.Fault or Operation.Heal or Operation.Note or Operation.Open or Operation.Crash)
        {
            return;
        }

        statistics.OperationCount++;
        statistics.OkCount += line.Outcome == Outcome.Ok ? 1 : 0;
        statistics.FailCount += line.Outcome == Outcome.Fail ? 1 : 0;
        statistics.InfoCount += line.Outcome == Outcome.Info ? 1 : 0;
        statistics.RecordsPolled += RecordsOf(line, StepKind.Poll);
        statistics.RecordsAcked += line.Outcome == Outcome.Ok ? RecordsOf(line, StepKind.Send) : 0;
    }

    private static long RecordsOf(HistoryEvent line, StepKind kind)
    {
        var count = 0L;
        foreach (var step in line.Steps)
        {
            count += step.Kind == kind ? step.Runs.Sum(static run => run.Count) : 0;
        }

        return count;
    }

    private static void Count(Dictionary<string, long> counts, string name) => counts[name] = counts.GetValueOrDefault(name) + 1;
}
