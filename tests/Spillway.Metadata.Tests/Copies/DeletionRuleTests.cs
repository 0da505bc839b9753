using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Tests.Copies;

/// <summary>No object is deleted while a kept copy of the state names it; a volume's segments do not wait for copies.</summary>
public sealed class DeletionRuleTests
{
    private readonly StateContext _context = new();
    private readonly TestWriter _writer;
    private readonly TestCompactor _compactor;
    private readonly long _log;

    public DeletionRuleTests()
    {
        _writer = _context.NewWriter();
        _compactor = _context.NewCompactor();
        _log = _context.CreateTopic()[0];
    }

    [Fact]
    public void An_object_waits_until_no_kept_copy_is_older_than_its_last_reference()
    {
        var objectId = DrainOne();
        _context.NowMs += 1_000;
        _context.DeleteRecords(_log, 1);
        _context.Trim();
        var unreferencedMs = _context.NowMs;
        _context.NowMs += 10 * StateContext.GraceMs;

        // The segment that it was drained from goes.
        _compactor.ObjectsUnreferencedBeforeMs = unreferencedMs;
        var delete = _compactor.Acquire().Job;
        Assert.Equal([ContainerKind.WalSegment], delete.Containers.Select(static c => c.Kind));
        _compactor.Complete(delete, deleted: delete.Containers);
        Assert.Null(_compactor.Acquire().Job);
        Assert.False(MayHaveJob());
        _compactor.ObjectsUnreferencedBeforeMs = 0;
        Assert.Null(_compactor.Acquire().Job);

        _compactor.ObjectsUnreferencedBeforeMs = unreferencedMs + 1;
        Assert.True(MayHaveJob());
        delete = _compactor.Acquire().Job;

        Assert.Equal([objectId], delete.Containers.Select(static c => c.ContainerId));
    }

    [Fact]
    public void Without_copies_an_object_waits_for_readers_only()
    {
        DrainOne();
        _context.DeleteRecords(_log, 1);
        _context.Trim();
        _context.NowMs += StateContext.GraceMs;

        Assert.Equal(2, _compactor.Acquire().Job.Containers.Count);
    }

    [Fact]
    public void Nothing_is_deleted_after_a_restore_until_it_is_confirmed()
    {
        DrainOne();
        _context.State.Containers.Incarnation = 2;
        _context.State.Containers.IsCollectionHeld = true;
        _context.Restore(_context.Snapshot());
        _context.NowMs += StateContext.GraceMs;
        Assert.Null(_compactor.Acquire().Job);

        _context.Apply<ConfirmRestore>(new Command { ConfirmRestore = new ConfirmRestore { Incarnation = 1 } });
        Assert.Null(_compactor.Acquire().Job);
        _context.Apply<ConfirmRestore>(new Command { ConfirmRestore = new ConfirmRestore { Incarnation = 2 } });

        Assert.Equal(JobKind.Delete, _compactor.Acquire().Job.Kind);
    }

    private bool MayHaveJob()
    {
        var command = new AcquireJob { Request = new AcquireJobRequest(), ReadGraceMs = StateContext.GraceMs };
        command.ObjectsUnreferencedBeforeMs = _compactor.ObjectsUnreferencedBeforeMs!.Value;
        return _context.State.Jobs.MayHaveJob(command, _context.NowMs);
    }

    private long DrainOne()
    {
        _writer.CommitOne(_context.Batch(_log));
        _writer.Seal();
        var drain = _compactor.Acquire().Job;
        var (_, objectId) = _compactor.Drain(drain);
        _compactor.Complete(drain);
        return objectId;
    }
}
