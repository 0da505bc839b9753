using Spillway.History.Events;
using Spillway.History.Reporting;

namespace Spillway.History.Checking;

/// <summary>What a transaction sends nobody sees before its end, itself included.</summary>
internal sealed class PrecommittedReadCheck(HistoryReport report) : IHistoryCheck
{
    public void Observe(HistoryEvent line)
    {
        if (line.Operation != Operation.Txn || line.Outcome == Outcome.Invoke)
        {
            return;
        }

        foreach (var sent in line.Steps.Where(static step => step.Kind == StepKind.Send))
        {
            foreach (var polled in line.Steps.Where(step => step.Kind == StepKind.Poll && step.Key == sent.Key))
            {
                Compare(sent, polled, line);
            }
        }
    }

    private void Compare(Step sent, Step polled, HistoryEvent line)
    {
        foreach (var mine in sent.Runs)
        {
            foreach (var seen in polled.Runs)
            {
                var value = Math.Max(mine.Value, seen.Value);
                if (value < Math.Min(mine.Value + mine.Count, seen.Value + seen.Count))
                {
                    report.Add(AnomalyKind.PrecommittedRead, sent.Key, line.Line, $"process {line.Process} polled its own value {value}");
                }
            }
        }
    }
}
