using System.Globalization;
using Spillway.History.Events;

namespace Spillway.Chaos;

/// <summary>
/// How long clients stood still after faults of metadata: the longest time without an acknowledgement between a fault and the next one, or the
/// first half minute. One for each client and kind of fault.
/// </summary>
internal sealed record ResumeTimes(string Client, string Fault, IReadOnlyList<TimeSpan> Times)
{
    private const long WindowMicros = 30_000_000;

    private static readonly string[] Kinds = ["kill-leader", "pause-leader", "isolate-leader", "kill-all-metadata"];

    public TimeSpan Median => Times.Order().ElementAt(Times.Count / 2);

    /// <summary>What a history shows of some of its clients, in one pass.</summary>
    /// <param name="events">The history, in its order.</param>
    /// <param name="clients">The clients by their process.</param>
    public static IReadOnlyList<ResumeTimes> Find(IEnumerable<HistoryEvent> events, IReadOnlyDictionary<int, string> clients)
    {
        var watches = clients.ToDictionary(static client => client.Key, static _ => new Watch());
        foreach (var line in events)
        {
            if (line is { Operation: Operation.Fault, Outcome: Outcome.Invoke } && Kinds.Contains(line.Text?.Split(' ')[0]))
            {
                foreach (var watch in watches.Values)
                {
                    watch.Begin(line.Text!.Split(' ')[0], line.MonotonicMicros);
                }
            }
            else if (line.Operation == Operation.Heal)
            {
                foreach (var watch in watches.Values)
                {
                    watch.End(line.MonotonicMicros);
                }
            }
            else if (line is { Operation: Operation.Send, Outcome: Outcome.Ok } && watches.TryGetValue(line.Process, out var watch))
            {
                watch.Note(line.MonotonicMicros);
            }
        }

        return
        [
            .. watches.SelectMany(watch => watch.Value.Times.Select(times => new ResumeTimes(clients[watch.Key], times.Key, times.Value)))
                .OrderBy(static times => times.Fault, StringComparer.Ordinal).ThenBy(static times => times.Client, StringComparer.Ordinal),
        ];
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Client} after {Fault}: median {Median.TotalSeconds:0.00} s of {Times.Count}, worst {Times.Max().TotalSeconds:0.00} s");

    /// <summary>One client's acknowledgements since the last fault.</summary>
    private sealed class Watch
    {
        private string? _kind;
        private long _began;
        private long _last;
        private long _longest;

        public Dictionary<string, List<TimeSpan>> Times { get; } = [];

        public void Begin(string kind, long now)
        {
            End(now);
            (_kind, _began, _last, _longest) = (kind, now, now, 0);
        }

        public void End(long now)
        {
            if (_kind is not { } kind)
            {
                return;
            }

            _longest = Math.Max(_longest, now - _last);
            (Times.TryGetValue(kind, out var times) ? times : Times[kind] = []).Add(TimeSpan.FromMicroseconds(_longest));
            _kind = null;
        }

        public void Note(long now)
        {
            _longest = Math.Max(_longest, now - _last);
            _last = now;
            if (now - _began >= WindowMicros)
            {
                End(now);
            }
        }
    }
}
