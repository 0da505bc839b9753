using Spillway.History.Events;
using Spillway.History.Reporting;

namespace Spillway.History.Checking;

/// <summary>
/// What is appended lies behind everything that was known before it was sent. Offset 0 in an acknowledgement that is not the partition's
/// first is the case this is named for in the field.
/// </summary>
internal sealed class StaleAckCheck(HistoryIndex index, HistoryReport report) : IHistoryCheck
{
    private readonly Dictionary<(int Process, long Id), List<(KeyLog Key, long Highest)>> _known = [];

    public void Observe(HistoryEvent line)
    {
        if (line.Operation is not (Operation.Send or Operation.Txn))
        {
            return;
        }

        if (line.Outcome == Outcome.Invoke)
        {
            _known[(line.Process, line.Id)] =
                [.. SendsOf(line).Select(step => index.Key(step.Key)).Distinct().Select(static key => (key, key.HighestKnownOffset))];
        }
        else if (_known.Remove((line.Process, line.Id), out var known))
        {
            foreach (var step in SendsOf(line))
            {
                var at = known.FindIndex(entry => entry.Key.Name == step.Key);
                var highest = at < 0 ? -1 : known[at].Highest;
                foreach (var run in step.Runs.Where(run => run.HasOffset && run.Offset <= highest))
                {
                    report.Add(
                        AnomalyKind.StaleAckOffset,
                        step.Key,
                        line.Line,
                        $"value {run.Value} acknowledged at {run.Offset}; offset {highest} was known before it was sent");
                }
            }
        }
    }

    private static IEnumerable<Step> SendsOf(HistoryEvent line) => line.Steps.Where(static step => step.Kind == StepKind.Send);
}
