using Spillway.Metadata.Objects;
using Spillway.Metadata.Restoring;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;
using Spillway.Storage.Copies;
using Spillway.Storage.Objects;
using Spillway.Testing.Objects;
using static Spillway.Metadata.Tests.Restoring.LostCluster;

namespace Spillway.Metadata.Tests.Restoring;

/// <summary>What of a lost cluster's records a restore brings back (design §4).</summary>
public sealed class RestoreTests : IDisposable
{
    private readonly LostCluster _lost = new();
    private readonly long _log;

    public RestoreTests() => _log = _lost.Context.CreateTopic()[0];

    public void Dispose() => _lost.Dispose();

    [Fact]
    public async Task What_a_copy_knows_in_objects_is_there_and_the_end_is_further_on()
    {
        var first = _lost.Produce(_log);
        var second = _lost.Produce(_log);
        _lost.Drain();
        await _lost.CopyAsync();

        var restored = await _lost.RestoreAsync();

        AssertWhole(restored);
        await _lost.AssertReadAsync(restored, _log, first, second);
        Assert.Equal(6 + OffsetCovers.OffsetsSkipped, restored.Log(_log).NextOffset);
        Assert.Equal(6 + OffsetCovers.OffsetsSkipped, restored.NewWriter().CommitOne(restored.Batch(_log)).BaseOffset);
    }

    [Fact]
    public async Task A_partition_without_records_is_moved_on_too()
    {
        await _lost.CopyAsync();

        var restored = await _lost.RestoreAsync();

        AssertWhole(restored);
        Assert.Equal(0, restored.Log(_log).LogStartOffset);
        Assert.Equal(OffsetCovers.OffsetsSkipped, restored.Log(_log).NextOffset);
    }

    [Fact]
    public async Task Of_a_damaged_copy_the_one_before_is_taken()
    {
        var first = _lost.Produce(_log);
        _lost.Drain();
        await _lost.CopyAsync();
        var newest = await _lost.CopyAsync();
        var bytes = _lost.Store.Get(newest.ContentKey);
        bytes[bytes.Length / 2] ^= 1;
        _lost.Store.Set(newest.ContentKey, bytes);

        var restored = await _lost.RestoreAsync();

        await _lost.AssertReadAsync(restored, _log, first);
        Assert.Contains(_lost.Report, line => line.Contains(newest.ContentKey, StringComparison.Ordinal) && line.Contains("left out", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_a_whole_copy_there_is_no_restore()
    {
        _lost.Produce(_log);
        _lost.Drain();

        await Assert.ThrowsAsync<RestoreFailedException>(() => _lost.RestoreAsync());
    }

    [Fact]
    public async Task What_was_drained_after_the_copy_is_found()
    {
        var known = _lost.Produce(_log);
        await _lost.CopyAsync();
        var unknown = _lost.Produce(_log);
        _lost.Drain();
        var later = _lost.Produce(_log);
        _lost.Drain(isCommitted: false);

        var restored = await _lost.RestoreAsync();

        AssertWhole(restored);
        await _lost.AssertReadAsync(restored, _log, known, unknown, later);
        Assert.Equal(9 + OffsetCovers.OffsetsSkipped, restored.Log(_log).NextOffset);
    }

    [Fact]
    public async Task What_comes_behind_a_gap_is_not_taken_but_told()
    {
        var known = _lost.Produce(_log);
        _lost.Drain();
        await _lost.CopyAsync();
        _lost.Produce(_log);
        var gone = _lost.Drain();
        _lost.Produce(_log);
        _lost.Drain();
        await _lost.Store.DeleteAsync([_lost.Context.State.Containers.FindObject(gone)!.Key], TestContext.Current.CancellationToken);

        var restored = await _lost.RestoreAsync();

        AssertWhole(restored);
        await _lost.AssertReadAsync(restored, _log, known);
        var told = Assert.Single(_lost.Report, static line => line.Contains("t-0 6 to 8", StringComparison.Ordinal));
        Assert.Contains(".obj: nothing has 3 to 5, lost", told, StringComparison.Ordinal);
    }

    /// <summary>Records were deleted in between, so one drain begins in the midst of what another whose commit was lost has.</summary>
    [Fact]
    public async Task What_overlaps_with_what_was_taken_is_told()
    {
        await _lost.CopyAsync();
        _lost.Produce(_log);
        _lost.Produce(_log);
        _lost.Drain(isCommitted: false);
        _lost.Context.DeleteRecords(_log, 3);
        _lost.Produce(_log);
        _lost.Drain();

        var restored = await _lost.RestoreAsync();

        AssertWhole(restored);
        Assert.Contains(_lost.Report, static line => line.Contains("t-0 3 to 8 in", StringComparison.Ordinal));
        Assert.DoesNotContain(_lost.Report, static line => line.Contains("t-0 0 to 5", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_holds_a_part_of_the_wal_alone_is_told()
    {
        _lost.Produce(_log);
        _lost.Produce(_log);
        await _lost.CopyAsync();
        _lost.PutCover(_log, 1, 4);

        var restored = await _lost.RestoreAsync();

        AssertWhole(restored);
        Assert.Contains(_lost.Report, static line => line.Contains("t-0 1 to 4 in", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_damaged_object_costs_what_it_held_and_no_more()
    {
        var known = _lost.Produce(_log);
        await _lost.CopyAsync();
        _lost.Produce(_log);
        var here = _lost.Context.State.Containers.FindObject(_lost.Drain())!.Key;
        var bytes = _lost.Store.Get(here);
        bytes[100] ^= 1; // in the batch that the copy knows; the index is right
        _lost.Store.Set(here, bytes);

        var restored = await _lost.RestoreAsync(walSurvives: true);

        AssertWhole(restored);
        await _lost.AssertReadAsync(restored, _log);
        Assert.Equal(ContainerKind.WalSegment, restored.Entries(_log)[0].Kind);
        Assert.Equal(known, restored.Entries(_log)[0].BaseOffset);
    }

    [Fact]
    public async Task A_lost_wal_is_covered_and_told()
    {
        var inObject = _lost.Produce(_log);
        _lost.Drain();
        _lost.Produce(_log);
        _lost.Produce(_log);
        await _lost.CopyAsync();

        var restored = await _lost.RestoreAsync();

        AssertWhole(restored);
        await _lost.AssertReadAsync(restored, _log, inObject);
        Assert.All(restored.Entries(_log), static entry => Assert.Equal(ContainerKind.Object, entry.Kind));
        Assert.Equal(0, restored.State.Containers.SegmentCount);
        Assert.Contains(_lost.Report, static line => line.Contains("t-0 3 to 8", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_wal_that_survives_is_read_and_drained()
    {
        var offset = _lost.Produce(_log);
        await _lost.CopyAsync();
        _lost.Produce(_log); // its block is on the volume, but its offsets are nowhere

        var restored = await _lost.RestoreAsync(walSurvives: true);

        AssertWhole(restored);
        var entry = restored.Entries(_log)[0];
        Assert.Equal((offset, ContainerKind.WalSegment), (entry.BaseOffset, entry.Kind));
        var job = restored.NewCompactor().Acquire().Job;
        Assert.Equal((JobKind.Drain, _log), (job.Kind, job.Ranges[0].LogId));
    }

    [Fact]
    public async Task A_segment_that_was_deleted_after_the_copy_is_found_in_objects()
    {
        var offset = _lost.Produce(_log);
        await _lost.CopyAsync();
        _lost.Drain();
        _lost.Context.NowMs += StateContext.GraceMs;
        var compactor = _lost.Context.NewCompactor("d");
        var delete = compactor.Acquire().Job;
        Assert.Equal(JobKind.Delete, delete.Kind);
        compactor.Complete(delete, deleted: delete.Containers);

        var segment = delete.Containers[0].ContainerId;

        // The volume survives, with what was open when the cluster was lost.
        var restored = await _lost.RestoreAsync(walSurvives: true);

        AssertWhole(restored);
        await _lost.AssertReadAsync(restored, _log, offset);
        Assert.Null(restored.State.Containers.FindSegment(segment));
    }

    [Fact]
    public async Task An_object_that_was_prepared_in_the_copy_is_found()
    {
        var offset = _lost.Produce(_log);
        _lost.Drain(whenPrepared: () => _lost.CopyAsync().GetAwaiter().GetResult());

        var restored = await _lost.RestoreAsync();

        AssertWhole(restored);
        await _lost.AssertReadAsync(restored, _log, offset);
    }

    /// <summary>The drain read what the copy does not have any more, and its commit is accepted all the same.</summary>
    [Fact]
    public async Task A_drain_that_began_before_records_were_deleted_is_found()
    {
        var deleted = _lost.Produce(_log);
        var second = _lost.Produce(_log);
        _lost.Drain(whenPrepared: () =>
        {
            _lost.Context.DeleteRecords(_log, second);
            _lost.CopyAsync().GetAwaiter().GetResult();
        });

        var restored = await _lost.RestoreAsync();

        AssertWhole(restored);
        Assert.Equal(second, restored.Log(_log).LogStartOffset);
        await _lost.AssertReadAsync(restored, _log, deleted, second);
    }

    /// <summary>A cover of a gap is one batch, and begins before what the copy knows has ended.</summary>
    [Fact]
    public async Task What_was_cleaned_across_the_copys_end_is_taken()
    {
        _lost.Produce(_log);
        await _lost.CopyAsync();
        _lost.Produce(_log);
        _lost.Drain();
        _lost.PutCover(_log, 0, 5);

        var restored = await _lost.RestoreAsync();

        AssertWhole(restored);
        await _lost.AssertReadAsync(restored, _log);
        Assert.Equal(6 + OffsetCovers.OffsetsSkipped, restored.Log(_log).NextOffset);

        // It has a gap, and is not to be merged as what drains leave.
        var cleaned = restored.Entries(_log)[0];
        Assert.Equal((0, 5), (cleaned.BaseOffset, cleaned.LastOffset));
        Assert.True(restored.State.Containers.FindObject(cleaned.ContainerId)!.IsRewritten);
    }

    [Fact]
    public async Task Where_the_newest_is_damaged_an_older_object_stands_in()
    {
        await _lost.CopyAsync();
        var first = _lost.Produce(_log);
        var second = _lost.Produce(_log);
        _lost.Drain(isCommitted: false);
        _lost.Compactor.DrainRangesMax = 1;
        _lost.Drain();
        var damaged = _lost.Context.State.Containers.FindObject(_lost.Drain())!.Key;
        var bytes = _lost.Store.Get(damaged);
        bytes[100] ^= 1;
        _lost.Store.Set(damaged, bytes);

        var restored = await _lost.RestoreAsync();

        AssertWhole(restored);
        await _lost.AssertReadAsync(restored, _log, first, second);
    }

    [Fact]
    public async Task Of_two_restores_at_once_one_is_refused()
    {
        await _lost.CopyAsync();
        var store = new FaultyObjectStore(_lost.Store)
        {
            BeforeRequest = (kind, key) =>
            {
                if (kind == ObjectRequestKind.Put && key == SnapshotCopyName.ClaimOf(_lost.ClusterId, 1))
                {
                    _lost.Store.Set(key, "somebody else's"u8.ToArray());
                }

                return Task.CompletedTask;
            },
        };

        var refusal = await Assert.ThrowsAsync<RestoreFailedException>(() => new ClusterRestore(
            store, new SurvivingSegments([], store), TimeProvider.System).RunAsync(_lost.ClusterId, TestContext.Current.CancellationToken));

        Assert.Contains("by somebody else", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_deleted_before_the_restore_is_confirmed()
    {
        _lost.Produce(_log);
        _lost.Drain();
        await _lost.CopyAsync();
        var gone = _lost.Context.CreateTopic("later")[0];
        _lost.Produce(gone);
        var unnamed = _lost.Drain();

        var restored = await _lost.RestoreAsync();

        restored.NowMs += 10 * StateContext.GraceMs;
        var compactor = restored.NewCompactor();
        Assert.Null(compactor.Acquire().Job);
        Assert.Equal(ObjectState.Expired, restored.State.Containers.FindObject(unnamed)!.State);
        restored.Apply<ConfirmRestore>(new Command { ConfirmRestore = new ConfirmRestore { Incarnation = 1 } });
        var job = compactor.Acquire().Job;
        Assert.Equal(JobKind.Delete, job.Kind);
        Assert.Contains(job.Containers, container => container.ContainerId == unnamed);
    }

    [Fact]
    public async Task The_report_is_left_with_the_incarnation()
    {
        await _lost.CopyAsync();
        await _lost.RestoreAsync();

        var report = System.Text.Encoding.UTF8.GetString(_lost.Store.Get(SnapshotCopyName.ReportOf(_lost.ClusterId, 1)));
        Assert.Equal(_lost.Report, report.TrimEnd('\n').Split('\n'));
    }
}
