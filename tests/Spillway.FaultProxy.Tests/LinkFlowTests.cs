using System.Net.Sockets;
using Xunit;
using static Spillway.FaultProxy.Tests.ProxyTestContext;

namespace Spillway.FaultProxy.Tests;

/// <summary>Cuts of every kind, made and healed while connections are open.</summary>
public sealed class LinkFlowTests
{
    private static readonly LinkConditions Held = new() { Flow = LinkFlow.Hold };
    private static readonly LinkConditions Dropped = new() { Flow = LinkFlow.Drop };

    [Fact]
    public async Task Bytes_and_their_end_pass_both_ways()
    {
        await using var context = new ProxyTestContext();
        var (caller, target) = await context.ConnectAsync();

        await SendAsync(caller, 1, 2, 3);
        Assert.Equal([1, 2, 3], await ReceiveAsync(target, 3));
        caller.Shutdown(SocketShutdown.Send);
        await AssertClosedAsync(target);
        await SendAsync(target, 4, 5);
        Assert.Equal([4, 5], await ReceiveAsync(caller, 2));
        target.Shutdown(SocketShutdown.Send);
        await AssertClosedAsync(caller);

        await UntilAsync(() => context.Link.OpenCount == 0, "the connection is forgotten");
        Assert.Equal((1, 3, 2), (context.Link.AcceptedCount, context.Link.ToTarget.BytesForwarded, context.Link.ToCaller.BytesForwarded));
    }

    [Fact]
    public async Task Megabytes_pass_unchanged()
    {
        await using var context = new ProxyTestContext();
        var (caller, target) = await context.ConnectAsync();
        var bytes = new byte[16 << 20];
        new Random(1).NextBytes(bytes);

        var sending = caller.SendAsync(bytes, Cancelled).AsTask();

        Assert.Equal(bytes, await ReceiveAsync(target, bytes.Length));
        await sending;
    }

    [Fact]
    public async Task A_reset_end_resets_the_other_one()
    {
        await using var context = new ProxyTestContext();
        var (caller, target) = await context.ConnectAsync();

        caller.LingerState = new LingerOption(enable: true, 0);
        caller.Dispose();

        await AssertResetAsync(target);
    }

    [Fact]
    public async Task Held_bytes_and_ends_arrive_when_the_link_heals()
    {
        await using var context = new ProxyTestContext();
        var (caller, target) = await context.ConnectAsync();
        context.Link.Hold();

        await SendAsync(caller, 1, 2);
        caller.Shutdown(SocketShutdown.Send);
        await UntilAsync(() => context.Link.ToTarget.BytesWaiting == 2, "the proxy has the bytes");
        Assert.Equal(0, target.Available);
        context.Link.Heal();

        Assert.Equal([1, 2], await ReceiveAsync(target, 2));
        await AssertClosedAsync(target);
        Assert.Equal(0, context.Link.ToTarget.BytesDropped);
    }

    [Fact]
    public async Task A_link_can_be_cut_one_way()
    {
        await using var context = new ProxyTestContext();
        var (caller, target) = await context.ConnectAsync();
        context.Link.ToTarget.Conditions = Held;

        await SendAsync(caller, 1);
        await SendAsync(target, 2);

        Assert.Equal([2], await ReceiveAsync(caller, 1));
        await UntilAsync(() => context.Link.ToTarget.BytesWaiting == 1, "the proxy has the byte");
        Assert.Equal(0, target.Available);
    }

    [Fact]
    public async Task A_dropping_link_leaves_both_ends_half_open_until_it_heals()
    {
        await using var context = new ProxyTestContext();
        var (caller, target) = await context.ConnectAsync();
        context.Link.Drop();

        await SendAsync(caller, 1, 2);
        caller.Shutdown(SocketShutdown.Send);
        await UntilAsync(() => context.Link.ToTarget.BytesDropped == 2, "the bytes are lost");
        Assert.Equal(0, target.Available);
        Assert.Equal(1, context.Link.OpenCount);
        context.Link.Heal();

        await AssertResetAsync(target);
        await AssertResetAsync(caller);
    }

    [Fact]
    public async Task A_connection_that_lost_nothing_survives_a_dropping_link()
    {
        await using var context = new ProxyTestContext();
        var (silent, silentTarget) = await context.ConnectAsync();
        var (talking, _) = await context.ConnectAsync();
        context.Link.ToTarget.Conditions = Dropped;
        await SendAsync(talking, 1);
        await UntilAsync(() => context.Link.ToTarget.BytesDropped == 1, "the byte is lost");

        context.Link.Heal();

        await AssertResetAsync(talking);
        await SendAsync(silent, 2);
        Assert.Equal([2], await ReceiveAsync(silentTarget, 1));
    }

    [Fact]
    public async Task Reset_ends_what_is_open_and_nothing_else()
    {
        await using var context = new ProxyTestContext();
        var (caller, target) = await context.ConnectAsync();

        context.Link.ResetConnections();

        await AssertResetAsync(caller);
        await AssertResetAsync(target);
        var (next, nextTarget) = await context.ConnectAsync();
        await SendAsync(next, 1);
        Assert.Equal([1], await ReceiveAsync(nextTarget, 1));
        Assert.Equal(1, context.Link.ResetCount);
    }

    [Fact]
    public async Task Refusing_ends_what_is_new_and_nothing_else()
    {
        await using var context = new ProxyTestContext();
        var (old, oldTarget) = await context.ConnectAsync();
        context.Link.RefusesConnections = true;

        await context.AssertNewIsResetAsync();
        await SendAsync(old, 1);
        Assert.Equal([1], await ReceiveAsync(oldTarget, 1));
        context.Link.Heal();

        var (next, nextTarget) = await context.ConnectAsync();
        await SendAsync(next, 2);
        Assert.Equal([2], await ReceiveAsync(nextTarget, 1));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_connection_made_through_a_held_link_gets_there_when_it_heals(bool toTarget)
    {
        await using var context = new ProxyTestContext();
        (toTarget ? context.Link.ToTarget : context.Link.ToCaller).Conditions = Held;
        var caller = await context.ConnectCallerAsync();
        await SendAsync(caller, 1);
        await UntilAsync(() => context.Link.AcceptedCount == 1, "the proxy has the connection");

        context.Link.Heal();

        Assert.Equal([1], await ReceiveAsync(await context.AcceptAsync(), 1));
    }

    [Fact]
    public async Task A_connection_made_through_a_dropping_link_is_reset_when_it_heals()
    {
        await using var context = new ProxyTestContext();
        context.Link.Drop();
        var caller = await context.ConnectCallerAsync();
        await UntilAsync(() => context.Link.AcceptedCount == 1, "the proxy has the connection");

        context.Link.Heal();

        await AssertResetAsync(caller);
    }

    [Fact]
    public async Task Nobody_listening_is_a_reset()
    {
        await using var context = new ProxyTestContext();
        context.StopListening();

        await context.AssertNewIsResetAsync();
        await UntilAsync(() => context.Link.OpenCount == 0, "the connection is forgotten");
    }

    [Fact]
    public async Task A_sender_into_a_held_link_is_not_read_without_bound()
    {
        const int WaitingBytesMax = 1 << 20;
        await using var context = new ProxyTestContext(options => options with { WaitingBytesMax = WaitingBytesMax });
        var (caller, target) = await context.ConnectAsync();
        context.Link.Hold();
        var bytes = new byte[64 << 20];
        new Random(2).NextBytes(bytes);

        var sending = caller.SendAsync(bytes, Cancelled).AsTask();

        await UntilAsync(() => context.Link.ToTarget.BytesWaiting > WaitingBytesMax, "the proxy has taken what it may");
        Assert.False(sending.IsCompleted);
        Assert.InRange(context.Link.ToTarget.BytesWaiting, WaitingBytesMax, WaitingBytesMax + (64 << 10));
        context.Link.Heal();
        Assert.Equal(bytes, await ReceiveAsync(target, bytes.Length));
        await sending;
    }
}
