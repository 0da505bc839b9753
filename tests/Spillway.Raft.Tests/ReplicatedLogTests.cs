using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Spillway.Raft.Tests.Support;
using Xunit;

namespace Spillway.Raft.Tests;

public sealed class ReplicatedLogTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TestMeterFactory _meters = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _meters.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_proposal_gets_what_its_own_command_returned()
    {
        await using var log = NewLog(new JournalStateMachine());
        await log.StartAsync(Ct);

        var proposals = Enumerable.Range(0, 500)
            .Select(id => log.ProposeAsync(JournalStateMachine.Command(id), Ct).AsTask())
            .ToArray();
        var results = await Task.WhenAll(proposals);

        Assert.Equal(Enumerable.Range(0, 500), results.Select(static result => (int)result.Result!));
        Assert.True(results[0].Index >= 1);
        Assert.Equal(results[^1].Index, log.AppliedIndex);
    }

    [Fact]
    public async Task An_observer_is_told_once_in_order_and_after_its_state_was_published()
    {
        var state = new JournalStateMachine();
        await using var log = NewLog(state);
        await log.StartAsync(Ct);
        var told = new ConcurrentQueue<(ulong Index, int Result, bool WasPublished)>();
        var observer = new Observer((index, result) => told.Enqueue((index, (int)result!, state.PublishedIndex >= index)));

        for (var id = 0; id < 500; id++)
        {
            log.Propose(JournalStateMachine.Command(id), observer);
        }

        // Behind the others on its way through the log.
        await log.ProposeAsync(JournalStateMachine.Command(500), Ct);
        Assert.Equal(Enumerable.Range(0, 500), told.Select(static one => one.Result));
        Assert.Equal(told.OrderBy(static one => one.Index).Select(static one => one.Index), told.Select(static one => one.Index));
        Assert.All(told, static one => Assert.True(one.WasPublished));
        Assert.Empty(observer.Failures);
    }

    [Fact]
    public async Task What_is_not_taken_is_thrown_and_its_observer_hears_nothing()
    {
        var log = NewLog(new JournalStateMachine());
        await log.StartAsync(Ct);
        await log.DisposeAsync();
        var observer = new Observer((_, _) => Assert.Fail("it was committed"));

        Assert.ThrowsAny<ReplicatedLogException>(() => log.Propose(JournalStateMachine.Command(1), observer));

        Assert.Empty(observer.Failures);
    }

    [Fact]
    public async Task Observers_of_a_log_that_fails_are_told_once()
    {
        var state = new JournalStateMachine();
        var log = NewLog(state);
        await log.StartAsync(Ct);
        var observer = new Observer(static (_, _) => Assert.Fail("it was committed"));
        using var applying = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        state.ThrowOnApply = new InvalidOperationException("a bug");
        state.BeforeApply = () =>
        {
            applying.Set();
            goOn.Wait(Ct);
        };

        // One that is committed, and others that wait for their entry when the log fails.
        log.Propose(JournalStateMachine.Command(0), observer);
        applying.Wait(Ct);
        for (var id = 1; id < 10; id++)
        {
            log.Propose(JournalStateMachine.Command(id), observer);
        }

        goOn.Set();

        await Assert.ThrowsAsync<LogFailedException>(() => log.Completion);
        await log.DisposeAsync();
        Assert.Equal(10, observer.Failures.Count);
        Assert.ThrowsAny<ReplicatedLogException>(() => log.Propose(JournalStateMachine.Command(10), observer));
        Assert.Equal(10, observer.Failures.Count);
    }

    [Fact]
    public async Task What_was_acknowledged_is_there_after_a_restart()
    {
        await using (var log = NewLog(new JournalStateMachine()))
        {
            await log.StartAsync(Ct);
            for (var id = 0; id < 100; id++)
            {
                await log.ProposeAsync(JournalStateMachine.Command(id, 500), Ct);
            }
        }

        var state = new JournalStateMachine();
        await using var again = NewLog(state);
        await again.StartAsync(Ct);
        var next = await again.ProposeAsync(JournalStateMachine.Command(100), Ct);

        // Besides the commands: the group's beginning, which has term 1, and the first entry of each leader's term.
        Assert.Equal(Enumerable.Range(0, 101).Select(static id => (long)id), state.Ids);
        Assert.Equal(104UL, next.Index);
        Assert.Equal(3UL, again.Leadership.Term);
    }

    [Fact]
    public async Task An_answer_comes_after_its_state_was_published()
    {
        var state = new JournalStateMachine();
        await using var log = NewLog(state);
        await log.StartAsync(Ct);

        for (var id = 0; id < 200; id++)
        {
            var result = await log.ProposeAsync(JournalStateMachine.Command(id), Ct);

            Assert.True(state.PublishedIndex >= result.Index);
            Assert.True(state.PublishedCount > (int)result.Result!);
            Assert.True(await log.ReadBarrierAsync(Ct) >= result.Index);
        }
    }

    [Fact]
    public async Task Snapshots_bound_the_log_and_restart_from_the_newest()
    {
        var options = Options(snapshotEveryEntries: 50, segmentBytes: 32 << 10);
        await using (var log = NewLog(new JournalStateMachine(), options))
        {
            await log.StartAsync(Ct);
            for (var id = 0; id < 1000; id++)
            {
                await log.ProposeAsync(JournalStateMachine.Command(id, 600), Ct);
                if (id % 200 == 199)
                {
                    await log.SnapshotNowAsync(Ct);
                }
            }
        }

        var state = new JournalStateMachine();
        await using var again = NewLog(state, options);
        await again.StartAsync(Ct);

        Assert.Equal(Enumerable.Range(0, 1000).Select(static id => (long)id), state.Ids);
        Assert.Equal(1, state.Loads);
        Assert.Equal(1003UL, again.AppliedIndex);
        Assert.Equal(2, Directory.GetFiles(_folder.Path, "*.snap").Length);
        Assert.True(Directory.GetFiles(_folder.Path, "*.seg").Length < 12, "old segments are deleted");
    }

    [Fact]
    public async Task A_second_owner_of_the_folder_is_refused_by_name()
    {
        await using var first = NewLog(new JournalStateMachine());
        await first.StartAsync(Ct);
        await using var second = NewLog(new JournalStateMachine());

        var failure = await Assert.ThrowsAsync<LogFolderInUseException>(() => second.StartAsync(Ct));

        Assert.Contains(_folder.Path, failure.Message, StringComparison.Ordinal);
        Assert.Contains("in use by another process", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_queued_is_committed_before_the_log_closes()
    {
        var log = NewLog(new JournalStateMachine());
        await log.StartAsync(Ct);
        var proposals = Enumerable.Range(0, 300)
            .Select(id => log.ProposeAsync(JournalStateMachine.Command(id), Ct).AsTask())
            .ToArray();

        await log.DisposeAsync();
        await log.DisposeAsync(); // the second does nothing

        Assert.All(proposals, static proposal => Assert.True(proposal.IsCompletedSuccessfully));
        Assert.True(log.Completion.IsCompletedSuccessfully);
        Assert.False(log.Leadership.IsLeader);
        var refusal = await Assert.ThrowsAsync<LeadershipLostException>(
            async () => await log.ProposeAsync(JournalStateMachine.Command(300), Ct));
        Assert.False(refusal.OutcomeUnknown);
    }

    [Fact]
    public async Task A_log_that_never_started_can_be_disposed()
    {
        var log = NewLog(new JournalStateMachine());

        await log.DisposeAsync();

        Assert.True(log.Completion.IsCompletedSuccessfully);
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task A_start_that_fails_is_told_to_starter_and_watcher()
    {
        await using (var log = NewLog(new JournalStateMachine(), Options(nodeId: 1)))
        {
            await log.StartAsync(Ct);
        }

        await using var other = NewLog(new JournalStateMachine(), Options(nodeId: 2));

        await Assert.ThrowsAsync<LogFailedException>(() => other.StartAsync(Ct));
        await Assert.ThrowsAsync<LogFailedException>(() => other.Completion);
    }

    [Fact]
    public async Task A_bug_in_the_state_machine_ends_the_log_and_frees_the_folder()
    {
        var state = new JournalStateMachine();
        await using var log = NewLog(state);
        var seen = new List<LeadershipState>();
        log.LeadershipChanged += seen.Add;
        await log.StartAsync(Ct);
        await log.ProposeAsync(JournalStateMachine.Command(0), Ct);

        state.ThrowOnApply = new InvalidOperationException("a bug");
        await Assert.ThrowsAsync<ProposalUnknownException>(
            async () => await log.ProposeAsync(JournalStateMachine.Command(1), Ct));

        var failure = await Assert.ThrowsAsync<LogFailedException>(() => log.Completion);
        Assert.Contains("a bug", failure.Message, StringComparison.Ordinal);
        Assert.Equal([RaftRole.Leader, RaftRole.Follower], seen.Select(static leadership => leadership.Role));

        // The command was durable: a process whose state machine is mended has it.
        var mended = new JournalStateMachine();
        await using var again = NewLog(mended);
        await again.StartAsync(Ct);
        Assert.Equal([0, 1], mended.Ids);
    }

    [Fact]
    public async Task An_empty_folder_gets_a_cluster_id_and_keeps_it()
    {
        Guid drawn;
        await using (var log = NewLog(new JournalStateMachine()))
        {
            await log.StartAsync(Ct);
            drawn = log.ClusterId;
        }

        await using var again = NewLog(new JournalStateMachine(), Options(clusterId: drawn));
        await again.StartAsync(Ct);

        Assert.NotEqual(Guid.Empty, drawn);
        Assert.Equal(drawn, again.ClusterId);
    }

    [Fact]
    public async Task Commands_that_wait_for_a_flush_share_the_next_entry()
    {
        var state = new JournalStateMachine();
        await using var log = NewLog(state);
        await log.StartAsync(Ct);

        var proposers = Enumerable.Range(0, 32).Select(proposer => Task.Run(async () =>
        {
            for (var i = 0; i < 100; i++)
            {
                await log.ProposeAsync(JournalStateMachine.Command(proposer * 100 + i), Ct);
            }
        }));
        await Task.WhenAll(proposers);

        Assert.Equal(3200, state.Ids.Distinct().Count());
        Assert.True(log.AppliedIndex < 2400, $"{log.AppliedIndex} entries for 3,200 commands of 32 proposers");
    }

    [Fact]
    public async Task The_instruments_tell_what_was_written()
    {
        var sums = new ConcurrentDictionary<string, double>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = static (instrument, self) =>
        {
            if (instrument.Meter.Name == ReplicatedLogMetrics.MeterName)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<double>(
            (i, _, _, _) => sums.AddOrUpdate(i.Name, 1, static (_, n) => n + 1));
        listener.SetMeasurementEventCallback<long>(
            (i, value, _, _) => sums.AddOrUpdate(i.Name, value, (_, n) => n + value));
        listener.Start();

        await using (var log = NewLog(new JournalStateMachine()))
        {
            await log.StartAsync(Ct);
            for (var id = 0; id < 10; id++)
            {
                await log.ProposeAsync(JournalStateMachine.Command(id, 100), Ct);
            }

            await log.SnapshotNowAsync(Ct);
        }

        // Other tests' logs are heard too, so these are lower bounds.
        Assert.True(sums["spillway.raft.commit.duration"] >= 10);
        Assert.True(sums["spillway.raft.flush.duration"] >= 10);
        Assert.True(sums["spillway.raft.commands"] >= 10);
        Assert.True(sums["spillway.raft.entry.commands"] >= 10);
        Assert.True(sums["spillway.raft.log.written"] >= 10 * 168);
        Assert.True(sums["spillway.raft.snapshot.size"] >= 92);
        Assert.True(sums["spillway.raft.snapshot.duration"] >= 1);
    }

    private ReplicatedLog NewLog(JournalStateMachine state, ReplicatedLogOptions? options = null) =>
        new(options ?? Options(), state, TimeProvider.System, NullLogger.Instance, _meters);

    private ReplicatedLogOptions Options(
        ulong nodeId = 1,
        Guid? clusterId = null,
        int snapshotEveryEntries = 10_000,
        long segmentBytes = 4 << 20) => new()
        {
            Folder = _folder.Path,
            NodeId = nodeId,
            ClusterId = clusterId,
            SegmentBytes = segmentBytes,
            EntryBytesMax = (int)Math.Min(1 << 20, segmentBytes / 4),
            SnapshotEveryEntries = snapshotEveryEntries,
        };

    private sealed class Observer(Action<ulong, object?> committed) : IProposalObserver
    {
        public ConcurrentQueue<ReplicatedLogException> Failures { get; } = new();

        public void OnCommitted(ulong index, object? result) => committed(index, result);

        public void OnFailed(ReplicatedLogException reason) => Failures.Enqueue(reason);
    }
}
