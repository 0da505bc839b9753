using System.Collections.Concurrent;
using Google.Protobuf;
using Spillway.Metadata.Tests.Log;
using Spillway.Raft;
using Spillway.Rpc;
using Spillway.Rpc.Commit;
using Spillway.Rpc.Metadata;
using Spillway.Testing;

namespace Spillway.Metadata.Tests.Segments;

/// <summary>
/// A commit stream at metadata, on a log that takes, refuses or loses what the test says. No writer is registered: each block that is
/// applied is answered that it is fenced, which is an answer like any other here.
/// </summary>
public sealed class LocalCommitStreamTests
{
    private readonly Told _told = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_block_without_an_answer_breaks_the_stream_and_nothing_is_told_after_it()
    {
        var context = await new NodeContext().StartAsync();
        await using var stream = context.WalCommits.OpenCommitStream(_told);
        stream.Commit(Block(1));
        context.ReplicatedLog.Failure = new LeadershipLostException("gone", LeadershipState.None, outcomeUnknown: true);
        stream.Commit(Block(2));
        context.ReplicatedLog.Failure = null;
        var proposals = context.ReplicatedLog.Proposals;

        stream.Commit(Block(3));

        await UntilToldOfAnotherStreamAsync(context);
        Assert.Equal(proposals + 1, context.ReplicatedLog.Proposals);
        Assert.Equal([1L], _told.Outcomes.Select(static outcome => outcome.BlockSeq));
        Assert.Equal(RpcStatusCode.DeadlineExceeded, Assert.Single(_told.Broken).Code);
    }

    [Fact]
    public async Task What_is_answered_after_the_stream_broke_is_told_to_nobody()
    {
        var context = await new NodeContext().StartAsync();
        await using var stream = context.WalCommits.OpenCommitStream(_told);
        context.ReplicatedLog.HoldAnswers();
        stream.Commit(Block(1));
        context.ReplicatedLog.Failure = new LogOverloadedException("full");
        stream.Commit(Block(2));
        context.ReplicatedLog.Failure = null;

        context.ReplicatedLog.ReleaseAnswers();

        await UntilToldOfAnotherStreamAsync(context);
        Assert.Empty(_told.Outcomes);
        Assert.Equal(RpcStatusCode.Unavailable, Assert.Single(_told.Broken).Code);
    }

    [Fact]
    public async Task A_block_that_no_sound_writer_sends_breaks_the_stream_and_reaches_no_log()
    {
        var context = await new NodeContext().StartAsync();
        var proposals = context.ReplicatedLog.Proposals;

        foreach (var unsound in new[] { Block(0), Block(1, length: 0), Block(1, records: 0), [0xFF, 0xFF] })
        {
            var told = new Told();
            await using var stream = context.WalCommits.OpenCommitStream(told);
            stream.Commit(unsound);
            await Eventually.TrueAsync(() => !told.Broken.IsEmpty, "the stream broke", Ct);
        }

        Assert.Equal(proposals, context.ReplicatedLog.Proposals);
    }

    [Fact]
    public async Task What_comes_late_of_a_stream_that_was_disposed_is_told_to_nobody_and_it_proposes_no_more()
    {
        var context = await new NodeContext().StartAsync();
        var stream = context.WalCommits.OpenCommitStream(_told);
        context.ReplicatedLog.HoldAnswers();
        stream.Commit(Block(1));
        var proposals = context.ReplicatedLog.Proposals;

        await stream.DisposeAsync();
        context.ReplicatedLog.ReleaseAnswers();
        stream.Commit(Block(2));

        await UntilToldOfAnotherStreamAsync(context);
        Assert.Equal(proposals + 1, context.ReplicatedLog.Proposals);
        Assert.Empty(_told.Outcomes);
        Assert.Empty(_told.Broken);
    }

    // Behind the first stream's on the way through the thread pool, or long enough beside it.
    private static async Task UntilToldOfAnotherStreamAsync(NodeContext context)
    {
        var told = new Told();
        await using var stream = context.WalCommits.OpenCommitStream(told);
        stream.Commit(Block(1));
        await Eventually.TrueAsync(() => !told.Outcomes.IsEmpty, "another stream was answered", Ct);
    }

    private static byte[] Block(long seq, int length = 1, int records = 1) => new CommitBlockRequest
    {
        BlockSeq = seq,
        Batches = { new BatchCommit { LogId = 1, Length = length, RecordCount = records } },
    }.ToByteArray();

    private sealed class Told : ICommitObserver
    {
        public ConcurrentQueue<BlockOutcome> Outcomes { get; } = new();

        public ConcurrentQueue<RpcException> Broken { get; } = new();

        public void OnAnswered(BlockOutcome outcome) => Outcomes.Enqueue(outcome);

        public void OnBroken(RpcException reason) => Broken.Enqueue(reason);
    }
}
