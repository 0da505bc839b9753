using Spillway.History.Events;
using Spillway.History.Reporting;

namespace Spillway.History.Checking;

/// <summary>
/// ListOffsets goes through a read barrier: whatever frontend answers it, none of its offsets lies below one that was known before it was asked.
/// A digest of a range of offsets stays what it was, and an offset found by its time is the one a scan finds.
/// </summary>
internal sealed class ViewCheck(HistoryIndex index, HistoryReport report) : IHistoryCheck
{
    private readonly Dictionary<string, Step> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<(int Process, long Id), Step[]> _floors = [];
    private readonly Dictionary<(string Key, long First, long Count), long> _digests = [];

    public void Observe(HistoryEvent line)
    {
        switch (line.Operation)
        {
            case Operation.ListOffsets when line.Outcome == Outcome.Invoke:
                _floors[(line.Process, line.Id)] = [.. line.Steps.Select(step => Floor(step.Key))];
                break;
            case Operation.ListOffsets when _floors.Remove((line.Process, line.Id), out var floors) && line.Outcome == Outcome.Ok:
                foreach (var step in line.Steps)
                {
                    Compare(step, Array.Find(floors, floor => floor.Key == step.Key), line);
                    _known[step.Key] = Highest(Floor(step.Key), step);
                }

                break;
            case Operation.Poll or Operation.Txn when line.Outcome != Outcome.Invoke && index.SettingsOf(line.Process).ReadCommitted:
                foreach (var step in line.Steps.Where(static step => step is { Kind: StepKind.Poll, Runs.Count: > 0 }))
                {
                    var end = step.Runs.Max(static run => run.LastOffset) + 1;
                    _known[step.Key] = Highest(Floor(step.Key), Step.View(step.Key, 0, end, end));
                }

                break;
            case Operation.Digest when line.Outcome == Outcome.Ok:
                line.Steps.ToList().ForEach(step => CompareDigest(step, line));
                break;
            case Operation.TimeLookup when line.Outcome == Outcome.Ok:
                foreach (var step in line.Steps.Where(static step => step.Numbers.Value != step.Numbers.Count))
                {
                    var (time, answered, scanned) = step.Numbers;
                    report.Add(
                        AnomalyKind.WrongTimeLookup, step.Key, line.Line, $"offset {answered} for time {time}; a scan finds {scanned}");
                }

                break;
        }
    }

    private Step Floor(string key)
    {
        var known = _known.GetValueOrDefault(key) ?? Step.View(key, 0, 0, 0);
        return Highest(known, Step.View(key, 0, index.Key(key).HighestKnownOffset + 1, 0));
    }

    private static Step Highest(Step a, Step b) => Step.View(
        a.Key,
        Math.Max(a.Numbers.Offset, b.Numbers.Offset),
        Math.Max(a.Numbers.Value, b.Numbers.Value),
        Math.Max(a.Numbers.Count, b.Numbers.Count));

    private void Compare(Step answer, Step? floor, HistoryEvent line)
    {
        if (floor is null)
        {
            return;
        }

        Compare("log start", answer.Numbers.Offset, floor.Numbers.Offset);
        Compare("high watermark", answer.Numbers.Value, floor.Numbers.Value);
        Compare("last stable offset", answer.Numbers.Count, floor.Numbers.Count);

        void Compare(string name, long answered, long known)
        {
            if (answered >= 0 && answered < known)
            {
                report.Add(
                    AnomalyKind.ViewRegressed, answer.Key, line.Line, $"{name} {answered}, and {known} was known before it was asked for");
            }
        }
    }

    private void CompareDigest(Step step, HistoryEvent line)
    {
        var (first, digest, count) = step.Numbers;
        if (!_digests.TryAdd((step.Key, first, count), digest) && _digests[(step.Key, first, count)] != digest)
        {
            report.Add(AnomalyKind.DigestChanged, step.Key, line.Line, $"{count} records from offset {first} had another digest before");
        }
    }
}
