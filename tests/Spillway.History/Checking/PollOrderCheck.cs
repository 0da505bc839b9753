using Spillway.History.Events;
using Spillway.History.Reporting;

namespace Spillway.History.Checking;

/// <summary>
/// A consumer goes forward and leaves nothing out: within a poll always, from poll to poll unless its group moves partitions about.
/// A poll of an operation that did not end well is looked at, but the consumer has to go back to where it was before.
/// </summary>
internal sealed class PollOrderCheck(HistoryIndex index, HistoryReport report) : IHistoryCheck
{
    private readonly Dictionary<int, ConsumerPosition> _consumers = [];
    private readonly List<PollGap> _gaps = [];

    public void Observe(HistoryEvent line)
    {
        if (line.Outcome == Outcome.Invoke)
        {
            return;
        }

        var consumer = Consumer(line.Process);
        switch (line.Operation)
        {
            case Operation.Open or Operation.Crash:
                consumer.Forget();
                break;
            case Operation.Subscribe when line.Outcome != Outcome.Fail:
                consumer.Forget();
                consumer.IsSubscribed = true;
                break;
            case Operation.Assign when line.Outcome != Outcome.Fail:
                consumer.Forget();
                MovePositions(consumer, line);
                break;
            case Operation.Seek when line.Outcome == Outcome.Ok:
                MovePositions(consumer, line);
                break;
            case Operation.Poll or Operation.Txn:
                ReadSteps(consumer, line);
                break;
        }
    }

    public void Finish()
    {
        foreach (var gap in _gaps)
        {
            for (var offset = Math.Max(gap.LastOffset + 1, gap.Key.LogStartOffset); offset < gap.NextOffset; offset++)
            {
                if (index.IsVisible(gap.Key, offset))
                {
                    var details = $"process {gap.Process} read {gap.NextOffset} after {gap.LastOffset}: "
                        + $"no {offset}, value {gap.Key.Values.Find(offset)}";
                    Add(gap.Kind, gap.Key.Name, gap.Line, gap.IsAllowed, details);
                    break;
                }
            }
        }
    }

    private static void MovePositions(ConsumerPosition consumer, HistoryEvent line)
    {
        foreach (var step in line.Steps.Where(static step => step.Kind == StepKind.Position))
        {
            consumer.GoOnFrom(step.Key, step.Numbers.Offset);
        }
    }

    private ConsumerPosition Consumer(int process)
    {
        if (!_consumers.TryGetValue(process, out var consumer))
        {
            _consumers[process] = consumer = new ConsumerPosition();
        }

        return consumer;
    }

    private void ReadSteps(ConsumerPosition consumer, HistoryEvent line)
    {
        var inOperation = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var step in line.Steps)
        {
            switch (step.Kind)
            {
                case StepKind.Poll:
                    ReadRuns(consumer, inOperation, step, line);
                    break;
                case StepKind.Rebalance:
                    inOperation.Clear();
                    consumer.LastOffsets.Clear();
                    break;
                case StepKind.Position:
                    inOperation.Remove(step.Key);
                    consumer.GoOnFrom(step.Key, step.Numbers.Offset);
                    break;
            }
        }

        if (line.Outcome == Outcome.Ok)
        {
            foreach (var (key, offset) in inOperation)
            {
                consumer.LastOffsets[key] = offset;
            }
        }
    }

    private void ReadRuns(ConsumerPosition consumer, Dictionary<string, long> inOperation, Step step, HistoryEvent line)
    {
        foreach (var run in step.Runs)
        {
            if (inOperation.TryGetValue(step.Key, out var last))
            {
                Follow(AnomalyKind.IntNonmonotonicPoll, AnomalyKind.IntPollSkip, last, run, step.Key, line, isAllowed: false);
            }
            else if (consumer.LastOffsets.TryGetValue(step.Key, out last))
            {
                Follow(AnomalyKind.NonmonotonicPoll, AnomalyKind.PollSkip, last, run, step.Key, line, consumer.IsSubscribed);
            }

            inOperation[step.Key] = run.LastOffset;
        }
    }

    private void Follow(AnomalyKind back, AnomalyKind skip, long last, in RecordRun run, string key, HistoryEvent line, bool isAllowed)
    {
        if (run.Offset <= last)
        {
            Add(back, key, line.Line, isAllowed, $"process {line.Process} read {run.Offset} after {last}");
        }
        else if (run.Offset > last + 1)
        {
            _gaps.Add(new PollGap(skip, index.Key(key), last, run.Offset, line.Line, line.Process, isAllowed));
        }
    }

    private void Add(AnomalyKind kind, string key, long line, bool isAllowed, string details)
    {
        if (isAllowed)
        {
            report.AddAllowed(kind);
        }
        else
        {
            report.Add(kind, key, line, details);
        }
    }
}
