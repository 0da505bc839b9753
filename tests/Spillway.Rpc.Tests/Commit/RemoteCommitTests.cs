using System.Collections.Concurrent;
using Google.Protobuf;
using Spillway.Rpc.Commit;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.Rpc.Tests.Commit;

public sealed class RemoteCommitTests
{
    private readonly ScriptedCommitService _service = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Blocks_arrive_in_the_order_of_the_calls_and_answers_come_back_in_it()
    {
        const int count = 3000;
        await using var server = await StartAsync();
        using var channel = new RpcChannel(server.Address);
        var told = new Told();
        await using var stream = Open(channel, told);

        for (var seq = 1; seq <= count; seq++)
        {
            stream.Commit(Block(seq));
            if (seq % 60 == 0)
            {
                await told.UntilAsync(seq, Token);
            }
        }

        await told.UntilAsync(count, Token);
        Assert.Equal(Enumerable.Range(1, count).Select(seq => (long)seq), _service.Taken);
        Assert.Equal(Enumerable.Range(1, count).Select(seq => (long)seq), told.Outcomes.Select(outcome => outcome.BlockSeq));
        Assert.All(told.Outcomes, outcome => Assert.Equal(outcome.BlockSeq * 10, outcome.Batches[0].BaseOffset));
        Assert.Null(told.Broken);
    }

    [Fact]
    public async Task What_breaks_the_stream_reaches_the_writer_with_what_it_says_of_the_leader()
    {
        _service.BreakAt(3, NotLeader.ToException(RpcStatusCode.Unavailable, "not here", "http://127.0.0.9:9", 7));
        await using var server = await StartAsync();
        using var channel = new RpcChannel(server.Address);
        var told = new Told();
        RpcException? failed = null;
        await using var stream = new RemoteCommitStream(channel, told, failure => failed = failure, CancellationToken.None);

        for (var seq = 1; seq <= 5; seq++)
        {
            stream.Commit(Block(seq));
        }

        var broken = await told.Ended.WaitAsync(TimeSpan.FromMinutes(1), Token);
        Assert.Equal([1L, 2], told.Outcomes.Select(outcome => outcome.BlockSeq));
        Assert.Equal(RpcStatusCode.Unavailable, broken.Code);
        Assert.Equal(new NotLeader(new Uri("http://127.0.0.9:9"), 7), NotLeader.Find(broken));
        Assert.Same(broken, failed);
    }

    [Fact]
    public async Task Metadata_that_vanishes_breaks_the_stream()
    {
        _service.IsSilent = true;
        var server = await StartAsync();
        using var channel = new RpcChannel(server.Address);
        var told = new Told();
        await using var stream = Open(channel, told);
        stream.Commit(Block(1));
        await _service.UntilTakenAsync(1, Token);

        _service.FailAll();
        await server.DisposeAsync();

        await told.Ended.WaitAsync(TimeSpan.FromMinutes(1), Token);
        Assert.Empty(told.Outcomes);
    }

    [Fact]
    public async Task Another_leader_breaks_the_stream()
    {
        _service.IsSilent = true;
        await using var server = await StartAsync();
        using var channel = new RpcChannel(server.Address);
        using var lost = new CancellationTokenSource();
        var told = new Told();
        await using var stream = new RemoteCommitStream(channel, told, static _ => { }, lost.Token);
        stream.Commit(Block(1));
        await _service.UntilTakenAsync(1, Token);

        await lost.CancelAsync();

        Assert.Equal(RpcStatusCode.Unavailable, (await told.Ended.WaitAsync(TimeSpan.FromMinutes(1), Token)).Code);
        _service.FailAll();
    }

    [Fact]
    public async Task A_server_that_stops_answers_what_it_has_taken_and_ends_the_stream()
    {
        _service.IsSilent = true;
        await using var server = await StartAsync();
        using var channel = new RpcChannel(server.Address);
        var told = new Told();
        await using var stream = Open(channel, told);
        stream.Commit(Block(1));
        await _service.UntilTakenAsync(1, Token);

        var stopping = server.StopAsync();
        _service.AnswerAll();

        await told.Ended.WaitAsync(TimeSpan.FromMinutes(1), Token);
        Assert.Equal(1, Assert.Single(told.Outcomes).BlockSeq);
        await stopping.WaitAsync(TimeSpan.FromMinutes(1), Token);
    }

    [Fact]
    public async Task More_blocks_in_flight_than_metadata_keeps_answers_of_are_refused()
    {
        _service.IsSilent = true;
        await using var server = await StartAsync();
        using var channel = new RpcChannel(server.Address);
        var told = new Told();
        await using var stream = Open(channel, told);

        for (var seq = 1; seq <= WalCommitSession.InFlightMax + 1; seq++)
        {
            stream.Commit(Block(seq));
        }

        await _service.UntilTakenAsync(WalCommitSession.InFlightMax, Token);
        _service.AnswerAll();
        Assert.Equal(RpcStatusCode.ResourceExhausted, (await told.Ended.WaitAsync(TimeSpan.FromMinutes(1), Token)).Code);
        Assert.Equal(WalCommitSession.InFlightMax, told.Outcomes.Count);
    }

    private Task<RpcTestServer> StartAsync() => RpcTestServer.StartAsync(app => app.MapWalCommitService(_service));

    private static RemoteCommitStream Open(RpcChannel channel, ICommitObserver observer) =>
        new(channel, observer, static _ => { }, CancellationToken.None);

    private static byte[] Block(long seq) =>
        new CommitBlockRequest { BlockSeq = seq, Batches = { new BatchCommit { LogId = 1, Length = 1, RecordCount = 1 } } }.ToByteArray();

    private sealed class Told : ICommitObserver
    {
        private readonly TaskCompletionSource<RpcException> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ConcurrentQueue<BlockOutcome> Outcomes { get; } = new();

        public RpcException? Broken { get; private set; }

        public Task<RpcException> Ended => _ended.Task;

        public void OnAnswered(BlockOutcome outcome)
        {
            Assert.Null(Broken);
            Outcomes.Enqueue(outcome);
        }

        public void OnBroken(RpcException reason)
        {
            Broken = reason;
            _ended.SetResult(reason);
        }

        public async Task UntilAsync(int count, CancellationToken cancellationToken)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(TimeSpan.FromSeconds(30));
            while (Outcomes.Count < count)
            {
                await Task.Delay(1, limit.Token);
            }
        }
    }
}
