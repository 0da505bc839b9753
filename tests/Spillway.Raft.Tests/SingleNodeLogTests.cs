using Microsoft.Extensions.Logging.Abstractions;
using Spillway.Raft.Tests.Support;
using Xunit;

namespace Spillway.Raft.Tests;

public sealed class SingleNodeLogTests : IDisposable
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

        Assert.Equal(Enumerable.Range(0, 101).Select(static id => (long)id), state.Ids);
        Assert.Equal(101UL, next.Index);
        Assert.Equal(2UL, again.Leadership.Term);
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
        Assert.Equal(1000UL, again.AppliedIndex);
        Assert.Equal(2, Directory.GetFiles(_folder.Path, "*.snap").Length);
        Assert.True(Directory.GetFiles(_folder.Path, "*.seg").Length < 12, "old segments are deleted");
    }

    [Fact]
    public async Task A_second_owner_of_the_folder_is_refused_by_name()
    {
        await using var first = NewLog(new JournalStateMachine());
        await first.StartAsync(Ct);
        await using var second = NewLog(new JournalStateMachine());

        var failure = await Assert.ThrowsAsync<LogFailedException>(() => second.StartAsync(Ct));

        Assert.Contains(_folder.Path, failure.Message, StringComparison.Ordinal);
        Assert.Contains("in use by another process", failure.Message, StringComparison.Ordinal);
    }

    private static SingleNodeLog NewLog(JournalStateMachine state, ReplicatedLogOptions options, TestMeterFactory meters) =>
        new(options, state, TimeProvider.System, NullLogger.Instance, meters);

    private SingleNodeLog NewLog(JournalStateMachine state, ReplicatedLogOptions? options = null) =>
        NewLog(state, options ?? Options(), _meters);

    private ReplicatedLogOptions Options(
        ulong nodeId = 1, Guid? clusterId = null, int snapshotEveryEntries = 10_000, long segmentBytes = 4 << 20) => new()
        {
            Folder = _folder.Path,
            NodeId = nodeId,
            ClusterId = clusterId,
            SegmentBytes = segmentBytes,
            EntryBytesMax = (int)Math.Min(1 << 20, segmentBytes / 4),
            SnapshotEveryEntries = snapshotEveryEntries,
        };
}
