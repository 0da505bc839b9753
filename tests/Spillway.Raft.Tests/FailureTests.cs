using Spillway.Raft.Tests.Support;
using Xunit;

namespace Spillway.Raft.Tests;

/// <summary>What a proposer is told when its command did not simply succeed.</summary>
public sealed class FailureTests
{
    private readonly ForgetfulDisk _disk = new(new Random(1));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_failed_flush_or_write_ends_the_log_and_leaves_the_entry_unknown(bool flush)
    {
        using var log = SteppedLog.Started(_disk);
        log.Commit(0, 3);
        var written = log.Propose(3, 4000);
        var queued = log.Propose(4, 4000);
        _disk.FailNextFlush = flush;
        _disk.FailNextWrite = !flush;

        var cause = Assert.Throws<IOException>(log.Step);
        log.Log.Fail(cause);

        Assert.True((await Assert.ThrowsAsync<ProposalUnknownException>(() => written)).OutcomeUnknown);
        Assert.False((await Assert.ThrowsAsync<LogFailedException>(() => queued)).OutcomeUnknown);
        await Assert.ThrowsAsync<LogFailedException>(() => log.Propose(5));
        await Assert.ThrowsAsync<LogFailedException>(
            async () => await log.Log.ReadBarrierAsync(TestContext.Current.CancellationToken));
        Assert.False(log.Log.Leadership.IsLeader);
        Assert.Equal([0, 1, 2], log.State.Ids);
    }

    [Fact]
    public async Task A_snapshot_asked_of_a_log_that_fails_is_not_waited_for_in_vain()
    {
        using var log = SteppedLog.Started(_disk);
        var snapshot = log.Log.SnapshotNowAsync(CancellationToken.None);

        log.Log.Fail(new IOException("I/O error (simulated)"));

        await Assert.ThrowsAsync<LogFailedException>(() => snapshot);
    }

    [Fact]
    public async Task A_state_machine_that_throws_ends_the_log()
    {
        using var log = SteppedLog.Started(_disk);
        var proposal = log.Propose(0);
        log.State.ThrowOnApply = new InvalidOperationException("a bug");

        var cause = Assert.Throws<InvalidOperationException>(log.Step);
        log.Log.Fail(cause);

        await Assert.ThrowsAsync<ProposalUnknownException>(() => proposal);
    }

    [Fact]
    public void A_snapshot_that_cannot_be_written_does_not_end_the_log()
    {
        using var log = SteppedLog.Started(_disk);
        log.Commit(0, 100);
        var snapshot = log.Log.SnapshotNowAsync(CancellationToken.None);
        log.Step();
        _disk.FailNextWrite = true;
        log.RunAside();
        log.Step();
        log.Commit(100, 1);

        Assert.IsType<IOException>(snapshot.Exception!.InnerException);
        log.Snapshot();
        Assert.Equal(101, SteppedLog.Started(_disk).State.Ids.Count);
    }

    [Fact]
    public void Commits_go_on_while_a_snapshot_is_written()
    {
        using var log = SteppedLog.Started(_disk, SteppedLog.Options(snapshotEveryEntries: 10));
        log.Commit(0, 10);
        Assert.Equal(1, log.Asides);

        log.Commit(10, 25);
        Assert.Equal(1, log.Asides); // one at a time

        log.RunAside();
        log.Step();
        Assert.Equal(1, log.Asides); // the next was due meanwhile

        var restarted = SteppedLog.Started(_disk);
        Assert.Equal(35, restarted.State.Ids.Count);
        Assert.Equal(1, restarted.State.Loads);
    }

    [Fact]
    public async Task Commands_past_the_bound_are_refused_and_not_taken()
    {
        using var log = SteppedLog.Started(_disk, new ReplicatedLogOptions
        {
            Folder = "/forgetful",
            SegmentBytes = 32 << 10,
            EntryBytesMax = 4 << 10,
            QueuedBytesMax = 4 << 10,
        });
        var before = log.Log.AppliedIndex;
        var taken = log.Propose(0, 3000);

        var refusal = await Assert.ThrowsAsync<LogOverloadedException>(() => log.Propose(1, 3000));
        log.Step();

        Assert.False(refusal.OutcomeUnknown);
        Assert.Equal(before + 1, (await taken).Index);
        Assert.Equal([0], log.State.Ids);
        Assert.True(log.Propose(2, 3000) is { IsFaulted: false });
    }

    [Fact]
    public async Task A_command_larger_than_an_entry_is_the_callers_mistake()
    {
        using var log = SteppedLog.Started(_disk);

        await Assert.ThrowsAsync<ArgumentException>(() => log.Propose(0, (4 << 10) - 3));
        log.Commit(1, 1, (4 << 10) - 4);
    }

    [Fact]
    public async Task A_cancelled_wait_gives_up_the_wait_and_not_the_command()
    {
        using var log = SteppedLog.Started(_disk);
        using var cancellation = new CancellationTokenSource();
        var proposal = log.Log.ProposeAsync(JournalStateMachine.Command(0), cancellation.Token).AsTask();

        await cancellation.CancelAsync();
        log.Step();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => proposal);
        Assert.Equal([0], log.State.Ids);
    }

    [Fact]
    public async Task Nothing_is_taken_before_the_start()
    {
        using var log = new SteppedLog(_disk);

        var refusal = await Assert.ThrowsAsync<LeadershipLostException>(() => log.Propose(0));

        Assert.False(refusal.OutcomeUnknown);
    }

    [Fact]
    public void Options_name_every_value_that_is_wrong()
    {
        var options = new ReplicatedLogOptions
        {
            NodeId = 0,
            ClusterId = Guid.Empty,
            Join = true,
            InitialVoters =
                [new GroupMember(2, true, "", ""), new GroupMember(2, true, "b", ""), new GroupMember(3, false, "c", "")],
            TickInterval = TimeSpan.Zero,
            ElectionTicks = 2,
            HeartbeatTicks = 0,
            HandOverTimeout = TimeSpan.FromSeconds(-1),
            EntryBytesMax = 1,
            SegmentBytes = 1,
            QueuedBytesMax = 0,
            SnapshotEveryBytes = 0,
            SnapshotEveryEntries = 0,
            TrailingEntries = -1,
            TrailingBytes = -1,
        };

        var errors = options.Validate();

        Assert.Equal(
            [
                "Folder", "NodeId", "ClusterId", "InitialVoters", "InitialVoters", "InitialVoters", "Address",
                "TickInterval", "ElectionTicks", "HeartbeatTicks", "HandOverTimeout", "EntryBytesMax", "SegmentBytes",
                "QueuedBytesMax", "SnapshotEveryBytes", "SnapshotEveryEntries", "TrailingEntries", "TrailingBytes",
            ],
            errors.Select(static error => error.Split(' ')[0]));
        Assert.Empty(new ReplicatedLogOptions { Folder = "x" }.Validate());
        Assert.StartsWith(
            "ClusterId", Assert.Single(new ReplicatedLogOptions { Folder = "x", Address = "a:1", Join = true }.Validate()),
            StringComparison.Ordinal);
    }
}
