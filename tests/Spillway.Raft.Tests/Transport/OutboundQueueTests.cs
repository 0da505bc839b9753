using Spillway.Raft.Core;
using Spillway.Raft.Transport;
using Xunit;

namespace Spillway.Raft.Tests.Transport;

public sealed class OutboundQueueTests
{
    private const int Bytes = RaftMessageFormat.HeaderBytes;

    [Fact]
    public void Past_the_bound_of_bytes_the_oldest_go()
    {
        var queue = new OutboundQueue(queuedBytesMax: 3 * Bytes) { Connected = true };

        var dropped = Enumerable.Range(1, 5).Sum(i => queue.Add(Message(i)));

        Assert.Equal(2, dropped);
        Assert.Equal([3, 4, 5], Taken(queue));
    }

    [Fact]
    public void Without_a_connection_only_the_newest_wait()
    {
        var queue = new OutboundQueue(1 << 20);

        var dropped = Enumerable.Range(1, OutboundQueue.IdleMessagesMax + 10).Sum(i => queue.Add(Message(i)));

        Assert.Equal(10, dropped);
        Assert.Equal(11, Taken(queue)[0]);
    }

    [Fact]
    public void A_message_larger_than_the_bound_goes_alone()
    {
        var queue = new OutboundQueue(queuedBytesMax: 10) { Connected = true };

        queue.Add(Message(1));
        var dropped = queue.Add(Message(2));

        Assert.Equal(1, dropped);
        Assert.Equal([2], Taken(queue));
    }

    [Fact]
    public void What_is_taken_together_is_bounded_but_for_one_message()
    {
        var queue = new OutboundQueue(1 << 20) { Connected = true };
        Enumerable.Range(1, 5).ToList().ForEach(i => queue.Add(Message(i)));

        Assert.Equal([1, 2], Taken(queue, (2 * Bytes) + 50));
        Assert.Equal([3], Taken(queue, 1));
        Assert.Equal(2, queue.Clear());
        Assert.Empty(Taken(queue));
    }

    [Fact]
    public async Task Whoever_waits_is_woken_by_what_is_added()
    {
        var queue = new OutboundQueue(1 << 20) { Connected = true };
        var waiting = queue.WaitAsync(TestContext.Current.CancellationToken).AsTask();
        Assert.False(waiting.IsCompleted);

        queue.Add(Message(1));

        await waiting;
        Assert.Equal([1], Taken(queue));
    }

    private static RaftMessage Message(int index) => new(RaftMessageKind.AppendReply, 1, 2, 1) { Index = (ulong)index };

    private static List<int> Taken(OutboundQueue queue, int bytesMax = int.MaxValue)
    {
        var taken = new List<RaftMessage>();
        Assert.Equal(queue.Take(taken, bytesMax), taken.Count * Bytes);
        return taken.ConvertAll(static message => (int)message.Index);
    }
}
