using Spillway.History.Events;
using Spillway.History.Reporting;

namespace Spillway.History.Checking;

/// <summary>What clients themselves say is wrong: corrupt batches, ends they cannot reach, errors they must not be given.</summary>
internal sealed class ReportedFaultCheck(HistoryReport report, CheckerOptions options) : IHistoryCheck
{
    public void Observe(HistoryEvent line)
    {
        if (line.Outcome == Outcome.Invoke)
        {
            return;
        }

        foreach (var step in line.Steps)
        {
            if (step.Kind == StepKind.Corrupt)
            {
                report.Add(AnomalyKind.CorruptBatch, step.Key, line.Line, $"process {line.Process} at offset {step.Numbers.Offset}");
            }
            else if (step.Kind == StepKind.End && step.Numbers.Offset < step.Numbers.Value)
            {
                report.Add(AnomalyKind.EndUnreachable, step.Key, line.Line, $"position {step.Numbers.Offset} of {step.Numbers.Value}");
            }
        }

        if (line.Operation == Operation.Fatal)
        {
            report.Add(AnomalyKind.FatalClientError, "", line.Line, $"process {line.Process}: {line.Error} {line.Text}");
        }
        else if (options.JudgesErrors && line.Error is not null && !options.AllowedErrors.Contains(line.Error))
        {
            report.Add(AnomalyKind.ForbiddenError, "", line.Line, $"process {line.Process}, {line.Operation}: {line.Error} {line.Text}");
        }
    }
}
