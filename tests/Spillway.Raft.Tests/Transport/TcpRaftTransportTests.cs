using System.Net;
using System.Net.Sockets;
using Spillway.Raft.Core;
using Spillway.Raft.Segments;
using Spillway.Raft.Transport;
using Spillway.Testing;
using Xunit;

namespace Spillway.Raft.Tests.Transport;

public sealed class TcpRaftTransportTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Messages_arrive_whole_and_in_order_in_both_directions()
    {
        await using var one = await TestNode.StartAsync(1, Token);
        await using var two = await TestNode.StartAsync(2, Token);
        TestNode.Introduce(one, two);
        await one.ReachAsync(two, 1, Token);
        await two.ReachAsync(one, 1, Token);

        one.Transport.Send([.. Enumerable.Range(2, 500).Select(i => one.MessageTo(2, (ulong)i))]);
        two.Transport.Send([.. Enumerable.Range(2, 500).Select(i => two.MessageTo(1, (ulong)i))]);

        await Eventually.TrueAsync(() => Last(one) == 501 && Last(two) == 501, "all messages", Token);
        Assert.Equal(Enumerable.Range(2, 500).Select(static i => (ulong)i), Indexes(one));
        Assert.Equal(Enumerable.Range(2, 500).Select(static i => (ulong)i), Indexes(two));
    }

    [Fact]
    public async Task The_largest_entry_arrives_and_what_is_too_large_only_stays_behind_itself()
    {
        await using var one = await TestNode.StartAsync(1, Token);
        await using var two = await TestNode.StartAsync(2, Token);
        TestNode.Introduce(one, two);
        await one.ReachAsync(two, 1, Token);

        one.Transport.Send([Append(16 << 20, 7), Append(19 << 20, 8), one.MessageTo(2, 9)]);

        await Eventually.TrueAsync(() => Last(two) == 9, "the message behind them", Token);
        var large = Assert.Single(two.Receiver.Messages, static message => message.Kind == RaftMessageKind.Append);
        Assert.Equal(7UL, large.Index);
        Assert.Equal((16 << 20) + 4 + LogEntryHeader.Bytes, large.Entries[0].Payload.Length);
        Assert.True(one.Logger.Warned("is larger than"));
    }

    [Fact]
    public async Task A_node_that_comes_back_is_talked_to_again()
    {
        await using var one = await TestNode.StartAsync(1, Token);
        int port;
        await using (var two = await TestNode.StartAsync(2, Token))
        {
            TestNode.Introduce(one, two);
            await one.ReachAsync(two, 1, Token);
            port = two.Transport.EndPoint!.Port;
        }

        await Eventually.TrueAsync(() => one.Receiver.Unreachables.Contains(2UL), "it is reported unreachable", Token);
        await using var again = await TestNode.StartAsync(2, Token, TestNode.Options(port));

        await one.ReachAsync(again, 2, Token);
        Assert.True(one.Logger.Warned("Lost the connection to node 2"));
    }

    [Fact]
    public async Task A_connection_on_which_nothing_comes_back_is_made_anew()
    {
        await using var one = await TestNode.StartAsync(1, Token);
        await using var two = await TestNode.StartAsync(2, Token);
        await using var relay = new Relay(two.Address);
        one.Transport.SetMembers([two.Member with { Address = relay.Address }]);
        await one.ReachAsync(two, 1, Token);

        relay.FreezeCurrent();

        await one.ReachAsync(two, 2, Token);
        Assert.True(one.Logger.Warned("it was silent for 0.5 s"));
        Assert.Contains(2UL, one.Receiver.Unreachables);
    }

    [Fact]
    public async Task A_connection_without_traffic_stays()
    {
        await using var one = await TestNode.StartAsync(1, Token);
        await using var two = await TestNode.StartAsync(2, Token);
        await using var relay = new Relay(two.Address);
        one.Transport.SetMembers([two.Member with { Address = relay.Address }]);
        await one.ReachAsync(two, 1, Token);

        var silence = TestNode.Options().SilenceMax * 4;
        var started = TimeProvider.System.GetTimestamp();
        await Eventually.TrueAsync(() => TimeProvider.System.GetElapsedTime(started) > silence, "time passes", Token);

        Assert.Equal(1, relay.Connections);
        Assert.DoesNotContain(2UL, one.Receiver.Unreachables);
    }

    [Fact]
    public async Task A_node_of_another_cluster_is_refused_and_both_say_so()
    {
        var other = Guid.Parse("ffeeddcc-bbaa-9988-7766-554433221100");
        await using var one = await TestNode.StartAsync(1, Token);
        await using var two = await TestNode.StartAsync(2, Token, cluster: other);
        TestNode.Introduce(one, two);
        one.Transport.Send([one.MessageTo(2, 1)]);

        await Eventually.TrueAsync(
            () => one.Logger.Warned($"does not belong to cluster {TestNode.Cluster}")
                && two.Logger.Warned($"node 1 belongs to cluster {TestNode.Cluster}, this is {other}"),
            "both tell", Token);

        Assert.Contains(2UL, one.Receiver.Unreachables);
        Assert.Empty(two.Receiver.Messages);
    }

    [Fact]
    public async Task Another_node_than_the_expected_one_is_refused_and_both_say_so()
    {
        await using var one = await TestNode.StartAsync(1, Token);
        await using var three = await TestNode.StartAsync(3, Token);
        one.Transport.SetMembers([three.Member with { NodeId = 2 }]);
        one.Transport.Send([one.MessageTo(2, 1)]);

        await Eventually.TrueAsync(
            () => one.Logger.Warned("what listens there is not node 2")
                && three.Logger.Warned("node 1 looks for node 2, this is node 3"),
            "both tell", Token);

        Assert.Empty(three.Receiver.Messages);
    }

    [Fact]
    public async Task Random_bytes_never_become_messages_and_never_stop_the_others()
    {
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var one = await TestNode.StartAsync(1, Token);
        await using var two = await TestNode.StartAsync(2, Token);
        TestNode.Introduce(one, two);
        await one.ReachAsync(two, 1, Token);
        for (var i = 0; i < 50; i++)
        {
            using var stranger = await ConnectAsync(two);
            var garbage = new byte[random.Next(1, 4096)];
            random.NextBytes(garbage);
            if (i % 2 == 0)
            {
                // Well begun: a sound greeting, and garbage where messages are expected.
                await stranger.SendAsync(GreetingOf(3, 2), Token);
            }

            await stranger.SendAsync(garbage, Token);
            stranger.Shutdown(SocketShutdown.Send);
            await DrainAsync(stranger);
        }

        Assert.DoesNotContain(two.Receiver.Messages, static message => message.From != 1);
        await one.ReachAsync(two, 2, Token);
    }

    [Fact]
    public async Task A_message_that_names_another_sender_or_receiver_ends_the_connection()
    {
        await using var two = await TestNode.StartAsync(2, Token);
        foreach (var (from, to) in new[] { (4UL, 2UL), (3UL, 5UL) })
        {
            using var three = await ConnectAsync(two);
            await three.SendAsync(GreetingOf(3, 2), Token);

            await three.SendAsync(FrameOf(new RaftMessage(RaftMessageKind.Heartbeat, from, to, 1)), Token);

            await DrainAsync(three);
            Assert.True(two.Logger.Warned($"it sent a message from node {from} to node {to}"));
        }

        Assert.Empty(two.Receiver.Messages);
    }

    [Fact]
    public async Task A_message_that_cannot_be_ends_the_connection_and_what_came_before_it_counts()
    {
        await using var two = await TestNode.StartAsync(2, Token);
        using var three = await ConnectAsync(two);
        var sound = FrameOf(new RaftMessage(RaftMessageKind.Heartbeat, 3, 2, 1));
        var broken = sound.ToArray();
        broken[^1] ^= 1;
        await three.SendAsync(GreetingOf(3, 2), Token);

        await three.SendAsync((byte[])[.. sound, .. broken, .. sound], Token);

        await DrainAsync(three);
        Assert.Single(two.Receiver.Messages);
        Assert.True(two.Logger.Warned("its checksum is wrong"));
    }

    [Fact]
    public async Task A_length_out_of_bounds_ends_the_connection_before_there_is_room_for_it()
    {
        await using var two = await TestNode.StartAsync(2, Token);
        using var three = await ConnectAsync(two);
        await three.SendAsync(GreetingOf(3, 2), Token);

        await three.SendAsync(BitConverter.GetBytes((18 << 20) + 1), Token);

        await DrainAsync(three);
        Assert.True(two.Logger.Warned("it sent a message of 18874369 bytes"));
    }

    [Fact]
    public async Task A_message_may_come_byte_by_byte()
    {
        await using var two = await TestNode.StartAsync(2, Token);
        using var three = await ConnectAsync(two);
        three.NoDelay = true;

        foreach (var b in GreetingOf(3, 2).Concat(FrameOf(new RaftMessage(RaftMessageKind.Heartbeat, 3, 2, 1))))
        {
            await three.SendAsync(new[] { b }, Token);
        }

        await Eventually.TrueAsync(() => two.Receiver.Messages.Count == 1, "the message", Token);
    }

    [Fact]
    public async Task Who_does_not_greet_is_hung_up_on_and_keeps_nobody_out()
    {
        await using var one = await TestNode.StartAsync(1, Token);
        await using var two = await TestNode.StartAsync(2, Token);
        var silent = new List<Socket>();
        for (var i = 0; i < 100; i++)
        {
            silent.Add(await ConnectAsync(two));
        }

        TestNode.Introduce(one, two);
        await one.ReachAsync(two, 1, Token);

        foreach (var socket in silent)
        {
            await DrainAsync(socket);
            socket.Dispose();
        }

        Assert.True(two.Logger.Warned("it did not greet in time"));
    }

    [Fact]
    public async Task A_joining_node_answers_members_that_it_does_not_know_yet()
    {
        await using var leader = await TestNode.StartAsync(1, Token);
        await using var joining = await TestNode.StartAsync(4, Token);
        leader.Transport.SetMembers([leader.Member, joining.Member]);

        await leader.ReachAsync(joining, 1, Token);

        await joining.ReachAsync(leader, 2, Token);
    }

    [Fact]
    public async Task A_removed_node_is_hung_up_on_and_told()
    {
        await using var one = await TestNode.StartAsync(1, Token);
        await using var two = await TestNode.StartAsync(2, Token);
        TestNode.Introduce(one, two);
        await one.ReachAsync(two, 1, Token);
        await two.ReachAsync(one, 1, Token);
        one.Receiver.AppliedIndex = 77;

        one.Transport.SetMembers([one.Member]);

        await Eventually.TrueAsync(() => two.Receiver.Removals.Contains((1UL, 77UL)), "it is told", Token);
        Assert.True(two.Logger.Warned("node 2, this one, was removed"));
        var refused = TimeProvider.System.GetTimestamp();
        await Eventually.TrueAsync(
            () =>
            {
                one.Transport.Send([one.MessageTo(2, 2)]);
                return TimeProvider.System.GetElapsedTime(refused) > TimeSpan.FromMilliseconds(300);
            },
            "time passes", Token);
        Assert.DoesNotContain(two.Receiver.Messages, static message => message.Index == 2);
    }

    [Fact]
    public async Task A_node_that_is_no_member_here_is_let_in_and_told_as_of_when()
    {
        await using var one = await TestNode.StartAsync(1, Token);
        await using var two = await TestNode.StartAsync(2, Token);
        one.Receiver.AppliedIndex = 77;
        one.Transport.SetMembers([one.Member]);
        two.Transport.SetMembers([one.Member, two.Member]);

        await two.ReachAsync(one, 1, Token);

        Assert.Equal((1UL, 77UL), Assert.Single(two.Receiver.Removals));
        Assert.Empty(one.Receiver.Removals);
    }

    [Fact]
    public async Task A_configured_address_goes_before_the_membership()
    {
        await using var two = await TestNode.StartAsync(2, Token);
        var options = new RaftTransportOptions { PeerAddresses = new Dictionary<ulong, string> { [2] = two.Address } };
        await using var one = await TestNode.StartAsync(1, Token, options);
        one.Transport.SetMembers([two.Member with { Address = "127.0.0.1:1" }]);

        await one.ReachAsync(two, 1, Token);
    }

    [Fact]
    public async Task A_member_whose_address_changes_is_talked_to_there()
    {
        await using var one = await TestNode.StartAsync(1, Token);
        await using var two = await TestNode.StartAsync(2, Token);
        one.Transport.SetMembers([two.Member with { Address = "nowhere" }]);
        await Eventually.TrueAsync(() => one.Logger.Warned("'nowhere' is not host:port"), "the wrong address is told", Token);

        one.Transport.SetMembers([two.Member]);

        await one.ReachAsync(two, 1, Token);
    }

    [Fact]
    public async Task An_address_in_use_is_told_in_words()
    {
        await using var one = await TestNode.StartAsync(1, Token);

        var failure = await Assert.ThrowsAsync<LogFailedException>(
            () => TestNode.StartAsync(2, Token, TestNode.Options(one.Transport.EndPoint!.Port)));

        Assert.Contains($"cannot listen on {one.Address}", failure.Message, StringComparison.Ordinal);
    }

    private static RaftMessage Append(int commandBytes, ulong index)
    {
        var payload = new byte[LogEntryHeader.Bytes + sizeof(int) + commandBytes];
        new LogEntryHeader(index + 1, 3, LogEntryType.Commands, 1, 1, 1, 1).WriteTo(payload);
        BitConverter.TryWriteBytes(payload.AsSpan(LogEntryHeader.Bytes), commandBytes);
        return new RaftMessage(RaftMessageKind.Append, 1, 2, 3)
        {
            Index = index,
            LogTerm = 2,
            Entries = [new RaftEntry(index + 1, 3, LogEntryType.Commands, payload)],
        };
    }

    private static ulong Last(TestNode node) => node.Receiver.Messages.LastOrDefault()?.Index ?? 0;

    private static IEnumerable<ulong> Indexes(TestNode node) =>
        node.Receiver.Messages.Select(static message => message.Index).SkipWhile(static index => index == 1);

    private static byte[] GreetingOf(ulong from, ulong to) => HandshakeFormat.WriteGreeting(
        new Greeting(ConnectionPurpose.Messages, TestNode.Cluster, from, to, default, ""));

    private static byte[] FrameOf(RaftMessage message)
    {
        var frame = new byte[RaftMessageFormat.BytesOf(message)];
        RaftMessageFormat.Write(message, frame);
        return frame;
    }

    private static async Task<Socket> ConnectAsync(TestNode node)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPEndPoint.Parse(node.Address), Token);
        return socket;
    }

    /// <summary>Reads until the other side hangs up, which it must.</summary>
    private static async Task DrainAsync(Socket socket)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Token);
        deadline.CancelAfter(TimeSpan.FromSeconds(20));
        var buffer = new byte[1024];
        try
        {
            while (await socket.ReceiveAsync(buffer, SocketFlags.None, deadline.Token) > 0)
            {
            }
        }
        catch (SocketException)
        {
            // a reset is an end too
        }
    }
}
