using Spillway.History.Events;
using Xunit;

namespace Spillway.Chaos.Tests;

public sealed class ResumeTimesTests
{
    private static readonly Dictionary<int, string> Clients = new() { [7] = "seven", [8] = "eight" };

    [Fact]
    public void The_longest_silence_between_a_fault_and_the_next_counts()
    {
        var found = ResumeTimes.Find(
            [
                Ack(7, 0), Fault("kill-leader metadata", 10), Ack(7, 11), Ack(7, 14), Ack(8, 12), Ack(7, 15),
                Fault("kill writer-a", 15), Ack(8, 18), Fault("kill-leader metadata", 20), Ack(7, 21), Heal(22), Ack(7, 40),
            ],
            Clients);

        Assert.Equal(["eight", "seven"], found.Select(static times => times.Client));
        Assert.Equal([6, 2], found[0].Times.Select(static time => time.TotalSeconds));
        Assert.Equal([5, 1], found[1].Times.Select(static time => time.TotalSeconds));
        Assert.Equal(5, found[1].Median.TotalSeconds);
    }

    [Fact]
    public void What_comes_half_a_minute_later_is_another_matter()
    {
        var found = ResumeTimes.Find([Fault("pause-leader metadata", 0), Ack(7, 25), Ack(7, 31), Ack(7, 99), Heal(99)], new Dictionary<int, string> { [7] = "seven" });

        Assert.Equal("seven after pause-leader: median 25.00 s of 1, worst 25.00 s", Assert.Single(found).ToString());
    }

    private static HistoryEvent Ack(int process, int second) => Line(Outcome.Ok, Operation.Send, process, second, null);

    private static HistoryEvent Fault(string text, int second) => Line(Outcome.Invoke, Operation.Fault, -1, second, text);

    private static HistoryEvent Heal(int second) => Line(Outcome.Ok, Operation.Heal, -1, second, null);

    private static HistoryEvent Line(Outcome outcome, Operation operation, int process, int second, string? text) => new()
    {
        Outcome = outcome,
        Operation = operation,
        Process = process,
        MonotonicMicros = second * 1_000_000L,
        Text = text,
    };
}
