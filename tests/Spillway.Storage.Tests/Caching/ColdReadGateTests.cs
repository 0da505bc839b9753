using Spillway.Storage.Caching;
using Spillway.Testing;
using Xunit;

namespace Spillway.Storage.Tests.Caching;

public sealed class ColdReadGateTests
{
    [Fact]
    public void No_more_reads_are_let_in_than_the_bound()
    {
        var gate = new ColdReadGate(2, 1000);

        var entered = Enter(gate, 1, 10, 10, 10);

        Assert.Equal([true, true, false], entered.Select(static e => e.Entered.IsCompleted));
        gate.Exit(entered[0].Turn);
        Assert.True(entered[2].Entered.IsCompleted);
    }

    [Fact]
    public void No_more_bytes_are_let_in_than_the_bound_but_for_one_read_alone()
    {
        var gate = new ColdReadGate(10, 1000);

        var entered = Enter(gate, 1, 5000, 10, 990);

        Assert.Equal([true, false, false], entered.Select(static e => e.Entered.IsCompleted));
        Assert.Equal(5000, gate.Bytes);
        gate.Exit(entered[0].Turn);
        Assert.Equal([true, true, true], entered.Select(static e => e.Entered.IsCompleted));
        Assert.Equal(1000, gate.Bytes);
    }

    [Fact]
    public void A_large_read_is_not_passed_by_small_ones_for_ever()
    {
        var gate = new ColdReadGate(10, 1000);

        var entered = Enter(gate, 1, 500, 600, 10);

        Assert.Equal([true, false, false], entered.Select(static e => e.Entered.IsCompleted));
    }

    [Fact]
    public void What_is_read_ahead_has_half_of_the_reads_and_of_the_bytes()
    {
        var byCount = new ColdReadGate(4, 1000);
        var byBytes = new ColdReadGate(100, 1000);

        var counted = Enter(byCount, 1, isAhead: true, 1, 1, 1);
        var weighed = Enter(byBytes, 1, isAhead: true, 300, 150, 100);

        Assert.Equal([true, true, false], counted.Select(static e => e.Entered.IsCompleted));
        Assert.Equal([true, true, false], weighed.Select(static e => e.Entered.IsCompleted));
        Assert.True(Enter(byCount, 2, 1)[0].Entered.IsCompleted);
        Assert.True(Enter(byBytes, 2, 500)[0].Entered.IsCompleted);
        byBytes.Exit(weighed[0].Turn);
        Assert.True(weighed[2].Entered.IsCompleted);
    }

    [Fact]
    public void What_somebody_waits_for_comes_before_what_is_read_ahead()
    {
        var gate = new ColdReadGate(1, 1000);
        var first = Enter(gate, 1, 10)[0];
        var ahead = Enter(gate, 1, isAhead: true, 10)[0];
        var wanted = Enter(gate, 2, 10)[0];

        gate.Exit(first.Turn);

        Assert.True(wanted.Entered.IsCompleted);
        Assert.False(ahead.Entered.IsCompleted);
    }

    [Fact]
    public void What_was_to_be_read_ahead_waits_no_longer_once_somebody_asks_for_it()
    {
        var gate = new ColdReadGate(2, 1000);
        var ahead = Enter(gate, 1, isAhead: true, 10, 10);
        Assert.False(ahead[1].Entered.IsCompleted);

        gate.Promote(ahead[1].Turn);

        Assert.True(ahead[1].Entered.IsCompleted);
        gate.Exit(ahead[0].Turn);
        gate.Exit(ahead[1].Turn);
        Assert.True(Enter(gate, 1, isAhead: true, 10)[0].Entered.IsCompleted); // the first one's half is free again, and only that
        Assert.False(Enter(gate, 1, isAhead: true, 10)[0].Entered.IsCompleted);
    }

    [Fact]
    public void One_with_many_reads_waiting_gets_no_more_than_one_with_few()
    {
        var gate = new ColdReadGate(1, 1 << 20);
        var running = Enter(gate, 1, 100)[0];
        var greedy = Enter(gate, 1, [.. Enumerable.Repeat(100L, 50)]);
        var modest = Enter(gate, 2, [.. Enumerable.Repeat(100L, 10)]);

        var order = new List<long>();
        var left = greedy.Concat(modest).ToList();
        while (left.Count > 0)
        {
            gate.Exit(running.Turn);
            running = Assert.Single(left, static e => e.Entered.IsCompleted);
            left.Remove(running);
            order.Add(running.Turn.FlowId);
        }

        // The ten of the modest one are through while the greedy one had about as many.
        var lastOfModest = order.LastIndexOf(2);
        Assert.InRange(order.Take(lastOfModest).Count(static flow => flow == 1), 8, 11);
    }

    [Fact]
    public void Shares_are_of_bytes_and_not_of_reads()
    {
        var gate = new ColdReadGate(1, 1 << 20);
        var running = Enter(gate, 3, 100)[0];
        var large = Enter(gate, 1, [.. Enumerable.Repeat(1000L, 10)]);
        var small = Enter(gate, 2, [.. Enumerable.Repeat(100L, 50)]);

        var left = large.Concat(small).ToList();
        var bytes = new Dictionary<long, long> { [1] = 0, [2] = 0 };
        while (bytes[2] < 5000)
        {
            gate.Exit(running.Turn);
            running = Assert.Single(left, static e => e.Entered.IsCompleted);
            left.Remove(running);
            bytes[running.Turn.FlowId] += running.Turn.Bytes;
        }

        Assert.InRange(bytes[1], 4000, 6000);
    }

    [Fact]
    public void Room_is_taken_at_once_only_where_nobody_waits_for_it()
    {
        var gate = new ColdReadGate(2, 1000);
        var first = Enter(gate, 1, 900)[0];
        var second = Enter(gate, 1, 900)[0];
        Assert.False(gate.TryEnter(new ReadTurn(0, isAhead: false), 10));

        gate.Exit(first.Turn);
        Assert.True(second.Entered.IsCompleted);

        Assert.True(gate.TryEnter(new ReadTurn(0, isAhead: false), 10));
        Assert.False(gate.TryEnter(new ReadTurn(0, isAhead: false), 10));
    }

    // A read that was refused for a pace which, when it was looked at again, was met, waited for ever where nothing else was read.
    [Fact]
    public async Task A_read_that_is_early_by_next_to_nothing_is_let_in()
    {
        for (var bytes = 3_000; bytes < 6_000; bytes += 250)
        {
            var gate = new ColdReadGate(4, 1 << 20, new ReadPace(1_000_000, new RestlessTimeProvider()));
            for (var i = 0; i < 3; i++)
            {
                var turn = new ReadTurn(1, isAhead: false);
                await gate.EnterAsync(turn, bytes).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
                gate.Exit(turn);
            }
        }
    }

    [Fact]
    public async Task Reads_are_let_in_no_faster_than_the_pace()
    {
        var time = new ManualTimeProvider();
        var gate = new ColdReadGate(100, 1 << 30, new ReadPace(1_000_000, time));
        time.Advance(TimeSpan.FromSeconds(10)); // nothing is saved up but 20 ms of it

        var entered = Enter(gate, 1, [.. Enumerable.Repeat(100_000L, 10)]);
        Assert.Equal(1, entered.Count(static e => e.Entered.IsCompleted));
        Assert.False(gate.TryEnter(new ReadTurn(2, isAhead: false), 1));

        for (var count = 2; count <= entered.Count; count++)
        {
            time.Advance(TimeSpan.FromMilliseconds(count == 2 ? 79 : 99));
            Assert.Equal(count - 1, entered.Count(static e => e.Entered.IsCompleted));
            time.Advance(TimeSpan.FromMilliseconds(1));
            await entered[count - 1].Entered.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
            Assert.Equal(count, gate.Reads); // behind its lock, so that the wait for the next has begun
        }

        foreach (var (turn, _) in entered)
        {
            gate.Exit(turn);
        }

        // One alone waits for the pace as well.
        var last = Enter(gate, 1, 10)[0];
        Assert.False(last.Entered.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(100));
        await last.Entered.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
    }

    private static List<(ReadTurn Turn, Task Entered)> Enter(ColdReadGate gate, long flowId, params long[] bytes) =>
        Enter(gate, flowId, isAhead: false, bytes);

    private static List<(ReadTurn Turn, Task Entered)> Enter(ColdReadGate gate, long flowId, bool isAhead, params long[] bytes) =>
        [.. bytes.Select(size =>
        {
            var turn = new ReadTurn(flowId, isAhead);
            return (turn, gate.EnterAsync(turn, size));
        })];
}
