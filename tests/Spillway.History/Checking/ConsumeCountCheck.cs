using Spillway.History.Events;
using Spillway.History.Reporting;

namespace Spillway.History.Checking;

/// <summary>
/// Exactly once: a committed transaction of a subscribed consumer takes its input away together with its output, so that none of the same process
/// takes it again. It goes by offsets: a producer without sequences may have sent a value twice.
/// </summary>
internal sealed class ConsumeCountCheck(HistoryReport report) : IHistoryCheck
{
    private readonly HashSet<int> _subscribed = [];
    private readonly HashSet<(int Process, string Key, long Offset)> _consumed = [];

    public void Observe(HistoryEvent line)
    {
        if (line.Outcome != Outcome.Ok)
        {
            return;
        }

        switch (line.Operation)
        {
            case Operation.Subscribe:
                _subscribed.Add(line.Process);
                break;
            case Operation.Assign:
                _subscribed.Remove(line.Process);
                break;
            case Operation.Txn when _subscribed.Contains(line.Process):
                foreach (var step in line.Steps.Where(static step => step.Kind == StepKind.Poll))
                {
                    Consume(step, line);
                }

                break;
        }
    }

    private void Consume(Step step, HistoryEvent line)
    {
        foreach (var run in step.Runs)
        {
            for (var i = 0L; i < run.Count; i++)
            {
                if (!_consumed.Add((line.Process, step.Key, run.Offset + i)))
                {
                    report.Add(
                        AnomalyKind.ConsumedTwice, step.Key, line.Line, $"process {line.Process} consumed value {run.Value + i} twice");
                }
            }
        }
    }
}
