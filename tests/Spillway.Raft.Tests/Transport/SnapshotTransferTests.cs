using Spillway.Raft.Snapshots;
using Spillway.Raft.Tests.Support;
using Spillway.Raft.Transport;
using Spillway.Testing;
using Xunit;

namespace Spillway.Raft.Tests.Transport;

public sealed class SnapshotTransferTests
{
    private static readonly SnapshotId Id = new(41, 4);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(256 << 10)]
    [InlineData((3 << 20) + 17)]
    public async Task A_file_of_any_size_arrives_as_it_is(int fileBytes)
    {
        await using var one = await TestNode.StartAsync(1, Token);
        await using var two = await TestNode.StartAsync(2, Token);
        TestNode.Introduce(one, two);
        var file = FileOf(fileBytes);
        one.Receiver.Snapshot = () => new MemoryStream(file);
        var fetched = new MemoryStream();

        await two.Transport.FetchSnapshotAsync(1, Id, fetched, Token);

        Assert.Equal(file, fetched.ToArray());
        await Eventually.TrueAsync(() => one.Receiver.Served.Contains((2UL, true)), "the delivery is reported", Token);
    }

    [Fact]
    public async Task Without_a_snapshot_the_fetch_says_so()
    {
        await using var one = await TestNode.StartAsync(1, Token);
        await using var two = await TestNode.StartAsync(2, Token);
        TestNode.Introduce(one, two);

        var failure = await Assert.ThrowsAnyAsync<IOException>(
            () => two.Transport.FetchSnapshotAsync(1, Id, new MemoryStream(), Token));

        Assert.Contains("no such snapshot", failure.Message, StringComparison.Ordinal);
        await Eventually.TrueAsync(() => one.Receiver.Served.Contains((2UL, false)), "the failure is reported", Token);
    }

    [Fact]
    public async Task From_a_node_without_an_address_nothing_is_fetched()
    {
        await using var one = await TestNode.StartAsync(1, Token);

        var failure = await Assert.ThrowsAnyAsync<IOException>(
            () => one.Transport.FetchSnapshotAsync(9, Id, new MemoryStream(), Token));

        Assert.Contains("its address is not known", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_byte_that_changes_on_the_way_is_noticed_wherever_it_is()
    {
        await using var one = await TestNode.StartAsync(1, Token);
        var file = FileOf(600 << 10);
        one.Receiver.Snapshot = () => new MemoryStream(file);
        var sent = HandshakeFormat.AnswerBytes + (4L * SnapshotChunk.HeaderBytes) + file.Length;
        var places = new[] { 3, 10, HandshakeFormat.AnswerBytes, HandshakeFormat.AnswerBytes + 5, 5000, 300_000, sent - 1 };
        foreach (var place in places)
        {
            await using var relay = new Relay(one.Address);
            var passed = 0L;
            relay.OnAnswer = (buffer, read) =>
            {
                if (place >= passed && place < passed + read)
                {
                    buffer[place - passed] ^= 0x40;
                }

                passed += read;
                return true;
            };

            await Assert.ThrowsAnyAsync<IOException>(() => FetchAsync(relay.Address));
        }

        Assert.DoesNotContain((2UL, true), one.Receiver.Served);
    }

    [Fact]
    public async Task A_connection_that_is_cut_fails_the_fetch_and_is_reported()
    {
        await using var one = await TestNode.StartAsync(1, Token);
        one.Receiver.Snapshot = () => new MemoryStream(FileOf(8 << 20));
        await using var relay = new Relay(one.Address);
        var passed = 0;
        relay.OnAnswer = (_, read) => (passed += read) < 2 << 20;

        await Assert.ThrowsAnyAsync<IOException>(() => FetchAsync(relay.Address));

        await Eventually.TrueAsync(() => one.Receiver.Served.Contains((2UL, false)), "the failure is reported", Token);
    }

    [Fact]
    public async Task A_snapshot_that_stops_coming_fails_the_fetch()
    {
        var options = new RaftTransportOptions { SnapshotStallMax = TimeSpan.FromMilliseconds(300) };
        await using var one = await TestNode.StartAsync(1, Token, options);
        one.Receiver.Snapshot = () => new MemoryStream(FileOf(32 << 20));
        await using var relay = new Relay(one.Address);
        var passed = 0;
        relay.OnAnswer = (_, read) =>
        {
            if ((passed += read) > 2 << 20)
            {
                relay.FreezeCurrent();
            }

            return true;
        };

        var failure = await Assert.ThrowsAnyAsync<IOException>(() => FetchAsync(relay.Address, options));

        Assert.Contains("stopped coming", failure.Message, StringComparison.Ordinal);
        await Eventually.TrueAsync(() => one.Receiver.Served.Contains((2UL, false)), "the failure is reported", Token);
    }

    [Fact]
    public async Task A_fetch_can_be_given_up()
    {
        await using var one = await TestNode.StartAsync(
            1, Token, new RaftTransportOptions { SnapshotBytesPerSecond = 1 << 20 });
        await using var two = await TestNode.StartAsync(2, Token);
        TestNode.Introduce(one, two);
        one.Receiver.Snapshot = () => new MemoryStream(FileOf(8 << 20));
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var fetched = new MemoryStream();
        var fetch = two.Transport.FetchSnapshotAsync(1, Id, fetched, giveUp.Token);
        await Eventually.TrueAsync(() => fetched.Length > 0, "it has begun", Token);

        await giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fetch);
        await Eventually.TrueAsync(() => one.Receiver.Served.Contains((2UL, false)), "the failure is reported", Token);
    }

    [Fact]
    public async Task It_is_served_no_faster_than_allowed()
    {
        await using var one = await TestNode.StartAsync(
            1, Token, new RaftTransportOptions { SnapshotBytesPerSecond = 4 << 20 });
        await using var two = await TestNode.StartAsync(2, Token);
        TestNode.Introduce(one, two);
        one.Receiver.Snapshot = () => new MemoryStream(FileOf(2 << 20));
        var started = TimeProvider.System.GetTimestamp();

        await two.Transport.FetchSnapshotAsync(1, Id, new MemoryStream(), Token);

        Assert.True(TimeProvider.System.GetElapsedTime(started) >= TimeSpan.FromMilliseconds(450));
    }

    [Fact]
    public async Task A_file_larger_than_the_bound_is_not_fetched()
    {
        await using var one = await TestNode.StartAsync(1, Token);
        await using var two = await TestNode.StartAsync(
            2, Token, new RaftTransportOptions { SnapshotBytesMax = 1 << 20 });
        TestNode.Introduce(one, two);
        one.Receiver.Snapshot = () => new MemoryStream(FileOf(2 << 20));
        var fetched = new MemoryStream();

        var failure = await Assert.ThrowsAnyAsync<IOException>(
            () => two.Transport.FetchSnapshotAsync(1, Id, fetched, Token));

        Assert.Contains("2097152 bytes", failure.Message, StringComparison.Ordinal);
        Assert.Equal(0, fetched.Length);
    }

    [Fact]
    public async Task More_than_a_few_at_a_time_are_put_off()
    {
        await using var one = await TestNode.StartAsync(
            1, Token, new RaftTransportOptions { SnapshotBytesPerSecond = 256 << 10 });
        await using var two = await TestNode.StartAsync(2, Token);
        TestNode.Introduce(one, two);
        one.Receiver.Snapshot = () => new MemoryStream(FileOf(8 << 20));
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var sinks = Enumerable.Range(0, 4).Select(static _ => new MemoryStream()).ToArray();
        var fetches = Array.ConvertAll(sinks, sink => two.Transport.FetchSnapshotAsync(1, Id, sink, giveUp.Token));
        await Eventually.TrueAsync(() => sinks.All(static sink => sink.Length > 0), "four are under way", Token);

        var failure = await Assert.ThrowsAnyAsync<IOException>(
            () => two.Transport.FetchSnapshotAsync(1, Id, new MemoryStream(), Token));

        Assert.Contains("as many snapshots as it may", failure.Message, StringComparison.Ordinal);
        await giveUp.CancelAsync();
        foreach (var fetch in fetches)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fetch);
        }
    }

    /// <summary>Fetches as node 2 without a transport, whose connection for messages would go the same way.</summary>
    private static Task FetchAsync(string address, RaftTransportOptions? options = null)
    {
        var context = new TransportContext(
            options ?? TestNode.Options(), 2, TimeProvider.System, new TestLogger(),
            new RaftTransportMetrics(new TestMeterFactory()))
        {
            ClusterId = TestNode.Cluster,
        };
        return new SnapshotDownload(context, new RaftConnector(context)).RunAsync(1, address, Id, new MemoryStream(), Token);
    }

    private static byte[] FileOf(int bytes)
    {
        var file = new byte[bytes];
        new Random(bytes).NextBytes(file);
        return file;
    }
}
