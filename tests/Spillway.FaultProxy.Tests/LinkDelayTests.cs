using Spillway.Testing;
using Xunit;
using static Spillway.FaultProxy.Tests.ProxyTestContext;

namespace Spillway.FaultProxy.Tests;

/// <summary>Slow links, on a clock that the test moves.</summary>
public sealed class LinkDelayTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task Bytes_take_the_latency_of_their_direction()
    {
        await using var context = NewContext();
        var (caller, target) = await context.ConnectAsync();
        context.Link.ToTarget.Conditions = new LinkConditions { Latency = TimeSpan.FromMilliseconds(100) };

        await SendAsync(caller, 1, 2);
        await SendAsync(target, 3);
        Assert.Equal([3], await ReceiveAsync(caller, 1));
        await UntilAsync(() => _time.PendingTimerCount == 1, "the bytes wait");
        _time.Advance(TimeSpan.FromMilliseconds(99));
        Assert.Equal((1, 0), (_time.PendingTimerCount, target.Available));
        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal([1, 2], await ReceiveAsync(target, 2));
    }

    [Fact]
    public async Task Changed_conditions_hold_for_what_is_on_its_way()
    {
        await using var context = NewContext();
        var (caller, target) = await context.ConnectAsync();
        context.Link.ToTarget.Conditions = new LinkConditions { Latency = TimeSpan.FromHours(1) };
        await SendAsync(caller, 1);
        await UntilAsync(() => _time.PendingTimerCount == 1, "the byte waits");

        context.Link.Heal();

        Assert.Equal([1], await ReceiveAsync(target, 1));
    }

    [Fact]
    public async Task Jitter_keeps_the_order_of_a_connection()
    {
        await using var context = NewContext();
        var (caller, target) = await context.ConnectAsync();
        context.Link.ToTarget.Conditions = new LinkConditions { Jitter = TimeSpan.FromSeconds(1) };
        for (var i = 0; i < 20; i++)
        {
            await SendAsync(caller, (byte)i);
            await UntilAsync(() => context.Link.ToTarget.BytesWaiting == i + 1, "the proxy has the byte");
        }

        var receiving = ReceiveAsync(target, 20);
        while (!receiving.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(10));
            await Task.Yield();
        }

        Assert.Equal(Enumerable.Range(0, 20).Select(static i => (byte)i), await receiving);
    }

    [Fact]
    public async Task Bytes_of_different_connections_overtake_each_other()
    {
        await using var context = NewContext();
        context.Link.ToTarget.Conditions = new LinkConditions { ConnectionLatencyMax = TimeSpan.FromSeconds(1) };
        List<(System.Net.Sockets.Socket Caller, System.Net.Sockets.Socket Target)> connections = [];
        for (var i = 0; i < 8; i++)
        {
            connections.Add(await context.ConnectAsync());
            await SendAsync(connections[i].Caller, (byte)i);
            await UntilAsync(() => _time.PendingTimerCount == i + 1, "the byte waits");
        }

        var arrived = new List<int>();
        while (arrived.Count < connections.Count)
        {
            var waiting = connections.Count - arrived.Count;
            _time.Advance(TimeSpan.FromMilliseconds(1));
            if (_time.PendingTimerCount < waiting)
            {
                await UntilAsync(
                    () => connections.Where((connection, i) => !arrived.Contains(i) && connection.Target.Available > 0).Count()
                        >= waiting - _time.PendingTimerCount,
                    "what is due arrives");
                arrived.AddRange(Enumerable.Range(0, 8).Where(i => !arrived.Contains(i) && connections[i].Target.Available > 0));
            }
        }

        Assert.NotEqual(arrived.Order(), arrived);
    }

    [Fact]
    public async Task A_limit_is_shared_by_the_connections_of_a_direction()
    {
        await using var context = NewContext();
        var (one, oneTarget) = await context.ConnectAsync();
        var (two, twoTarget) = await context.ConnectAsync();
        context.Link.ToTarget.Conditions = new LinkConditions { BytesPerSecond = 1_000 };

        await SendAsync(one, new byte[500]);
        await SendAsync(two, new byte[500]);
        var received = Task.WhenAll(ReceiveAsync(oneTarget, 500), ReceiveAsync(twoTarget, 500));
        var started = _time.GetTimestamp();
        await UntilAsync(() => _time.PendingTimerCount == 2, "both wait");
        while (!received.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(10));
            await Task.Yield();
            await UntilAsync(() => received.IsCompleted || _time.PendingTimerCount > 0, "somebody waits, or all is there");
        }

        await received;
        // A tenth of a second is the smallest piece.
        Assert.InRange(_time.GetElapsedTime(started).TotalSeconds, 0.9, 1.6);
    }

    private ProxyTestContext NewContext() => new(options => options with { Time = _time });
}
