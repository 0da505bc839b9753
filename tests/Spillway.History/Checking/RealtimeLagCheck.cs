using Spillway.History.Events;
using Spillway.History.Reporting;

namespace Spillway.History.Checking;

/// <summary>
/// How long a consumer has been behind: the time from the acknowledgement of the first record that a poll could have given and did not, or from
/// when the consumer took up the partition if that was later, to the beginning of that poll.
/// </summary>
internal sealed class RealtimeLagCheck(HistoryIndex index, HistoryReport report, CheckerOptions options) : IHistoryCheck
{
    // Markers and records of unknown fate have no time; a few offsets on there is one.
    private const int OffsetsLookedAt = 16;
    private const long Never = long.MaxValue;

    private readonly Dictionary<string, PagedTable<long>> _ackedAt = new(StringComparer.Ordinal);
    private readonly Dictionary<int, Dictionary<string, (long Offset, long Since)>> _next = [];
    private readonly Dictionary<(int Process, long Id), long> _pollBegan = [];
    private long _healedAt = Never;

    public void Observe(HistoryEvent line)
    {
        switch (line.Operation)
        {
            case Operation.Heal:
                _healedAt = line.MonotonicMicros + (options.LagGrace.Ticks / TimeSpan.TicksPerMicrosecond);
                break;
            case Operation.Final:
            case Operation.Fault when line.Outcome == Outcome.Invoke:
                _healedAt = Never; // The final phase reads from the beginning: it is behind by its nature.
                break;
            case Operation.Send or Operation.Txn or Operation.Poll when line.Outcome == Outcome.Invoke:
                _pollBegan[(line.Process, line.Id)] = line.MonotonicMicros;
                break;
            case Operation.Send or Operation.Txn or Operation.Poll:
                _pollBegan.Remove((line.Process, line.Id), out var began);
                if (line.Outcome == Outcome.Ok)
                {
                    Acknowledge(line);
                    Advance(line, began);
                }

                break;
            case Operation.Open or Operation.Crash or Operation.Subscribe:
                Positions(line.Process).Clear();
                break;
            case Operation.Assign when line.Outcome is Outcome.Ok or Outcome.Info:
                Positions(line.Process).Clear();
                Move(line);
                break;
            case Operation.Seek when line.Outcome == Outcome.Ok:
                Move(line);
                break;
        }
    }

    private Dictionary<string, (long Offset, long Since)> Positions(int process)
    {
        if (!_next.TryGetValue(process, out var positions))
        {
            _next[process] = positions = new Dictionary<string, (long Offset, long Since)>(StringComparer.Ordinal);
        }

        return positions;
    }

    private PagedTable<long> Times(string key)
    {
        if (!_ackedAt.TryGetValue(key, out var times))
        {
            _ackedAt[key] = times = new PagedTable<long>(-1);
        }

        return times;
    }

    private void Acknowledge(HistoryEvent line)
    {
        foreach (var step in line.Steps.Where(static step => step.Kind == StepKind.Send))
        {
            var times = Times(step.Key);
            foreach (var run in step.Runs.Where(static run => run.HasOffset))
            {
                for (var i = 0L; i < run.Count; i++)
                {
                    times.At(run.Offset + i) = line.MonotonicMicros;
                }
            }
        }
    }

    private void Move(HistoryEvent line)
    {
        foreach (var step in line.Steps.Where(static step => step.Kind == StepKind.Position))
        {
            Positions(line.Process)[step.Key] = (Math.Max(0, step.Numbers.Offset), line.MonotonicMicros);
        }
    }

    private void Advance(HistoryEvent line, long began)
    {
        var positions = Positions(line.Process);
        var isPoll = line.Operation == Operation.Poll;
        foreach (var step in line.Steps)
        {
            if (step.Kind == StepKind.Rebalance)
            {
                positions.Clear();
                isPoll = false;
            }
            else if (step.Kind == StepKind.Poll && step.Runs.Count > 0)
            {
                isPoll = true;
                var since = positions.TryGetValue(step.Key, out var position) ? position.Since : line.MonotonicMicros;
                positions[step.Key] = (step.Runs[^1].LastOffset + 1, since);
            }
        }

        if (isPoll)
        {
            var lag = positions.Count == 0 ? 0 : positions.Max(position => LagOf(position.Key, position.Value.Offset, position.Value.Since, began));
            Add(TimeSpan.FromMicroseconds(lag), began, line);
        }
    }

    private long LagOf(string key, long next, long since, long began)
    {
        var times = Times(key);
        for (var offset = next; offset < next + OffsetsLookedAt && offset <= index.Key(key).HighestKnownOffset; offset++)
        {
            if (times.Find(offset) is >= 0 and var ackedAt)
            {
                return Math.Max(0, began - Math.Max(ackedAt, since));
            }
        }

        return 0;
    }

    private void Add(TimeSpan lag, long began, HistoryEvent line)
    {
        var statistics = report.Statistics;
        statistics.AddLag(lag);
        if (began < _healedAt)
        {
            return;
        }

        statistics.WorstLagAfterHeal = lag > statistics.WorstLagAfterHeal ? lag : statistics.WorstLagAfterHeal;
        if (lag > options.LagAfterHealMax)
        {
            report.Add(AnomalyKind.LagAfterHeal, "", line.Line, $"process {line.Process} was {lag.TotalSeconds:0.0} s behind");
        }
    }
}
