using Spillway.History.Events;
using Spillway.History.Reporting;

namespace Spillway.History.Checking;

/// <summary>What was acknowledged is read in the end, and what was aborted never is.</summary>
internal sealed class VisibilityCheck(HistoryIndex index, HistoryReport report) : IHistoryCheck
{
    public void Observe(HistoryEvent line)
    {
        if (line.Operation == Operation.Final && line.Outcome != Outcome.Invoke)
        {
            report.HasFinal = true;
        }
    }

    public void Finish()
    {
        foreach (var page in index.Values.Pages)
        {
            var first = page * PagedTable<ValueState>.NumbersPerPage;
            for (var number = first; number < first + PagedTable<ValueState>.NumbersPerPage; number++)
            {
                var value = index.Values.Find(number);
                if (index.OperationOf(value) is { } operation)
                {
                    FinishValue(number, value, operation, index.KeyOf(value));
                }
            }
        }
    }

    private void FinishValue(long number, in ValueState value, SendingOperation operation, KeyLog key)
    {
        if (value.IsPolled)
        {
            // A consumer that reads uncommitted records may see those of a transaction that is aborted later.
            if (operation.Outcome == Outcome.Fail && (value.PolledCommitted || !operation.IsTransaction))
            {
                report.Add(
                    AnomalyKind.AbortedRead, key.Name, operation.Line, $"value {number} failed and was polled at {value.PolledOffset}");
            }
        }
        else if (IsOwed(value, operation) && value.AckOffset >= key.LogStartOffset)
        {
            if (IsTorn(operation))
            {
                if (report.HasFinal || value.AckOffset <= key.HighestPolledOffset)
                {
                    report.Add(
                        AnomalyKind.TornTransaction,
                        key.Name,
                        operation.Line,
                        $"value {number} was acknowledged at {value.AckOffset} and never polled; others of its transaction were");
                }
            }
            else if (value.AckOffset <= key.HighestPolledOffset)
            {
                report.Add(
                    AnomalyKind.LostWrite,
                    key.Name,
                    operation.Line,
                    $"value {number} was acknowledged at {value.AckOffset} and never polled; {key.HighestPolledOffset} was");
            }
            else if (report.HasFinal)
            {
                report.Add(
                    AnomalyKind.Unseen, key.Name, operation.Line, $"value {number} was acknowledged at {value.AckOffset} and never polled");
            }
        }
        else if (value.AckOffset < 0 && report.HasFinal && (operation.Outcome == Outcome.Ok || IsTorn(operation)))
        {
            report.Add(
                IsTorn(operation) ? AnomalyKind.TornTransaction : AnomalyKind.LostWrite, key.Name, operation.Line, $"value {number} was acknowledged without an offset and never polled");
        }
    }

    private static bool IsTorn(SendingOperation operation) => operation is { IsTransaction: true, IsSeen: true } && operation.Outcome != Outcome.Fail;

    private static bool IsOwed(in ValueState value, SendingOperation operation) => value.AckOffset >= 0 && operation.MustBeVisible;
}
