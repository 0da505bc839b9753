using Spillway.History.Events;
using Spillway.History.Reporting;

namespace Spillway.History.Checking;

/// <summary>
/// A group's offset of a partition is what the last commit that ended well left, or one whose end is not known. One that ended before another one
/// began, which ended well, can't be the last.
/// </summary>
internal sealed class CommittedOffsetCheck(HistoryReport report) : IHistoryCheck
{
    private const long Never = long.MaxValue;

    private readonly Dictionary<(string Group, string Key), List<Candidate>> _candidates = [];
    private readonly Dictionary<(int Process, long Id), (long Began, Dictionary<(string, string), List<Candidate>> Known)> _open = [];
    private long _clock;

    public void Observe(HistoryEvent line)
    {
        _clock++;
        if (line.Operation is Operation.Commit)
        {
            ObserveCommit(line);
        }
        else if (line.Operation is Operation.FetchOffsets)
        {
            ObserveFetch(line);
        }
    }

    private void ObserveCommit(HistoryEvent line)
    {
        foreach (var step in line.Steps)
        {
            var candidates = Candidates(step);
            if (line.Outcome == Outcome.Invoke)
            {
                candidates.Add(new Candidate(line.Process, line.Id, step.Numbers.Offset, _clock));
                continue;
            }

            var own = candidates.Find(candidate => candidate.Process == line.Process && candidate.Id == line.Id);
            if (own is null)
            {
                continue;
            }

            if (line.Outcome == Outcome.Fail)
            {
                candidates.Remove(own);
            }
            else if (line.Outcome == Outcome.Ok)
            {
                own.Ended = _clock;
                candidates.RemoveAll(other => other.Ended < own.Began);
            }
        }
    }

    private void ObserveFetch(HistoryEvent line)
    {
        if (line.Outcome == Outcome.Invoke)
        {
            // What was possible when it was asked for, and whatever began since, may be the answer.
            _open[(line.Process, line.Id)] = (_clock, line.Steps.ToDictionary(
                static step => (step.Group ?? "", step.Key), step => Candidates(step).ToList()));
        }
        else if (_open.Remove((line.Process, line.Id), out var asked) && line.Outcome == Outcome.Ok)
        {
            foreach (var step in line.Steps)
            {
                if (asked.Known.TryGetValue((step.Group ?? "", step.Key), out var known))
                {
                    CompareFetched(step, known, asked.Began, line);
                }
            }
        }
    }

    private void CompareFetched(Step step, List<Candidate> known, long began, HistoryEvent line)
    {
        var offset = step.Numbers.Offset;
        var candidates = known.Concat(Candidates(step).Where(candidate => candidate.Began > began));
        var mayBeUnset = known.TrueForAll(static candidate => candidate.Ended == Never || candidate.IsUnset);
        if (offset < 0 ? !mayBeUnset : !candidates.Any(candidate => candidate.Offset == offset))
        {
            report.Add(
                AnomalyKind.WrongCommittedOffset,
                step.Key,
                line.Line,
                $"group {step.Group} has {offset}; commits left {string.Join(" or ", known.Select(static left => left.Offset))}");
        }
    }

    private List<Candidate> Candidates(Step step)
    {
        var key = (step.Group ?? "", step.Key);
        if (!_candidates.TryGetValue(key, out var candidates))
        {
            _candidates[key] = candidates = [];
        }

        return candidates;
    }

    private sealed record Candidate(int Process, long Id, long Offset, long Began)
    {
        /// <summary>When its good end was seen; a commit of unknown fate may still be applied at any time.</summary>
        public long Ended { get; set; } = Never;

        public bool IsUnset => Offset < 0;
    }
}
