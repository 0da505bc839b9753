using Spillway.Metadata.Tests.Transactions;
using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Tests.Jobs;

/// <summary>
/// Markers are drained with the data next to them, and those without any when they are old: the index must not keep an entry for each
/// transaction for ever.
/// </summary>
public sealed class MarkerDrainTests
{
    private const int Version = 2;
    private const long AgeMs = 600_000;
    private readonly TransactionContext _context = new();
    private readonly TestCompactor _compactor;
    private readonly long _log;

    public MarkerDrainTests()
    {
        _log = _context.Base.CreateTopic()[0];
        _compactor = _context.Base.NewCompactor();
    }

    [Fact]
    public void Markers_between_and_behind_data_go_with_it_and_what_was_aborted_stays_known()
    {
        Transaction("a", commit: false);
        Transaction("a", commit: true);
        _context.Seal();

        var job = _compactor.Acquire().Job;
        Assert.Equal(
            [ContainerKind.WalSegment, ContainerKind.Marker, ContainerKind.WalSegment, ContainerKind.Marker],
            job.Ranges.Select(static range => range.Entry.Kind));
        Assert.True(Assert.Single(_compactor.Drain(job).Reply.Accepted));

        var entry = Assert.Single(_context.Base.Entries(_log));
        Assert.Equal((ContainerKind.Object, 0L, 3L), (entry.Kind, entry.BaseOffset, entry.LastOffset));
        Assert.Equal((0L, 1L), (Assert.Single(_context.Aborted(_log)).FirstOffset, _context.Aborted(_log)[0].LastOffset));
    }

    [Fact]
    public void Data_of_an_open_transaction_is_drained_and_its_marker_goes_with_the_data_behind()
    {
        var producer = _context.Init("a");
        _context.Produce(_log, producer.ProducerId, producer.ProducerEpoch, 0, Version, id: "a");
        _context.Seal();
        DrainAll();
        Assert.Equal(0, _context.Base.Log(_log).LastStableOffset);

        _context.End("a", producer.ProducerId, producer.ProducerEpoch, commit: true, Version);
        _context.ProducePlain(_log);
        _context.Seal();
        DrainAll();

        Assert.Equal([ContainerKind.Object, ContainerKind.Object], _context.Base.Entries(_log).Select(static entry => entry.Kind));
        Assert.Equal([0, 2], _context.Base.Entries(_log).Select(static entry => entry.LastOffset));
        Assert.Equal(3, _context.Base.Log(_log).LastStableOffset);
    }

    [Fact]
    public void Of_two_drains_the_one_with_the_data_before_them_has_the_markers()
    {
        var other = _context.Base.NewCompactor("d");
        Transaction("a", commit: true);
        _context.Seal();
        _context.ProducePlain(_log);
        _context.Seal();
        _compactor.DrainBytesTarget = 1;

        var first = _compactor.Acquire().Job;
        var second = other.Acquire().Job;

        Assert.Equal([0, 1], first.Ranges.Select(static range => range.Entry.BaseOffset));
        Assert.Equal([2L], second.Ranges.Select(static range => range.Entry.BaseOffset));
        Assert.True(Assert.Single(other.Drain(second).Reply.Accepted));
        Assert.True(Assert.Single(_compactor.Drain(first).Reply.Accepted));
    }

    [Fact]
    public void Markers_without_data_next_to_them_are_drained_when_they_are_old_in_one_job_at_a_time()
    {
        _compactor.MarkerAgeMs = AgeMs;
        LeaveLoneMarkers(3);
        Assert.Null(_compactor.Acquire().Job);

        Age();
        var garbage = _compactor.Acquire().Job; // the segment that was drained
        _compactor.Complete(garbage, deleted: garbage.Containers);
        var job = _compactor.Acquire().Job;
        Assert.Equal(JobKind.Drain, job.Kind);
        Assert.Empty(job.Containers);
        Assert.Equal(3, job.Ranges.Count);
        Assert.Null(_compactor.Acquire().Job);

        Assert.True(Assert.Single(_compactor.Drain(job).Reply.Accepted));
        _compactor.Complete(job);
        Assert.All(_context.Base.Entries(_log), static entry => Assert.Equal(ContainerKind.Object, entry.Kind));
        Assert.Null(_compactor.Acquire().Job);
        Assert.Equal(0, _context.Base.State.Containers.Markers.Count);
    }

    [Fact]
    public void Nobody_is_asked_for_old_markers_where_the_data_next_to_them_is_in_the_wal()
    {
        _compactor.MarkerAgeMs = AgeMs;
        Transaction("a", commit: true);
        Age();

        Assert.Null(_compactor.Acquire().Job);
        var command = new AcquireJob { Request = new AcquireJobRequest(), MarkerAgeMs = AgeMs };
        Assert.False(_context.Base.State.Jobs.MayHaveJob(command, _context.Base.NowMs));
    }

    [Fact]
    public void A_restored_state_knows_the_same_markers()
    {
        LeaveLoneMarkers(3);
        var due = _context.Base.NowMs;

        _context.Base.Restore(_context.Base.Snapshot());

        Assert.Equal([_log], _context.Base.State.Containers.Markers.OlderThan(due));
        Assert.Empty(_context.Base.State.Containers.Markers.OlderThan(due - 1));
    }

    [Fact]
    public void Markers_below_the_log_start_are_trimmed_and_forgotten()
    {
        LeaveLoneMarkers(3);

        _context.Base.DeleteRecords(_log, _context.Base.Log(_log).HighWatermark);
        _context.Base.Trim();

        Assert.Equal(0, _context.Base.State.Containers.Markers.Count);
    }

    [Theory]
    [InlineData(21)]
    [InlineData(22)]
    [InlineData(23)]
    [InlineData(24)]
    public void Whatever_the_order_of_transactions_and_drains_no_offset_is_without_an_entry_and_no_marker_stays(int seed)
    {
        var random = new Random(seed);
        var producers = Enumerable.Range(0, 4).Select(i => _context.Init($"p{i}")).ToArray();
        var sequences = new int[4];
        var isOpen = new bool[4];
        var other = _context.Base.NewCompactor("d");
        var jobs = new List<(TestCompactor Compactor, Job Job)>();
        _compactor.DrainBytesTarget = 500;
        for (var step = 0; step < 3000; step++)
        {
            var i = random.Next(4);
            switch (random.Next(8))
            {
                case 0 or 1:
                    _context.Produce(_log, producers[i].ProducerId, producers[i].ProducerEpoch, sequences[i]++, 1 + 1, id: $"p{i}");
                    isOpen[i] = true;
                    break;
                case 2 or 3 when isOpen[i]:
                    var ended = _context.End($"p{i}", producers[i].ProducerId, producers[i].ProducerEpoch, random.Next(2) == 0, Version);
                    producers[i].ProducerId = ended.ProducerId;
                    producers[i].ProducerEpoch = ended.ProducerEpoch;
                    (sequences[i], isOpen[i]) = (0, false);
                    break;
                case 4:
                    _context.Seal();
                    break;
                case 5 or 6:
                    var compactor = random.Next(2) == 0 ? _compactor : other;
                    compactor.MarkerAgeMs = 1 + random.Next(2000);
                    if (compactor.Acquire().Job is { Kind: JobKind.Drain } job)
                    {
                        jobs.Add((compactor, job));
                    }

                    break;
                default:
                    _context.Base.NowMs += 100;
                    KeepNodesAlive();
                    if (jobs.Count > 0)
                    {
                        var (owner, planned) = jobs[random.Next(jobs.Count)];
                        jobs.Remove((owner, planned));
                        owner.Drain(planned);
                        owner.Complete(planned);
                    }

                    break;
            }

            AssertNoGap();
        }

        jobs.ForEach(static job => job.Compactor.Complete(job.Job, failed: true));
        _context.Seal();
        _compactor.MarkerAgeMs = 1;
        Age();
        DrainAll();
        AssertNoGap();
        Assert.All(_context.Base.Entries(_log), static entry => Assert.Equal(ContainerKind.Object, entry.Kind));
    }

    private void AssertNoGap()
    {
        var next = 0L;
        foreach (var entry in _context.Base.Entries(_log))
        {
            Assert.Equal(next, entry.BaseOffset);
            next = entry.LastOffset + 1;
        }

        Assert.Equal(_context.Base.Log(_log).HighWatermark, next);
    }

    private void Transaction(string id, bool commit)
    {
        var producer = _context.Init(id);
        _context.Produce(_log, producer.ProducerId, producer.ProducerEpoch, 0, Version, id: id);
        _context.End(id, producer.ProducerId, producer.ProducerEpoch, commit, Version);
    }

    /// <summary>Data goes to an object while its transactions are open; then they end, and nothing more comes.</summary>
    private void LeaveLoneMarkers(int count)
    {
        var producers = Enumerable.Range(0, count).Select(i => _context.Init($"p{i}")).ToList();
        for (var i = 0; i < count; i++)
        {
            _context.Produce(_log, producers[i].ProducerId, producers[i].ProducerEpoch, 0, Version, id: $"p{i}");
        }

        _context.Seal();
        DrainAll();
        for (var i = 0; i < count; i++)
        {
            _context.End($"p{i}", producers[i].ProducerId, producers[i].ProducerEpoch, commit: true, Version);
        }
    }

    private void DrainAll()
    {
        while (_compactor.Acquire().Job is { } job)
        {
            if (job.Kind == JobKind.Drain)
            {
                _compactor.Drain(job);
                _compactor.Complete(job);
            }
            else
            {
                _compactor.Complete(job, deleted: job.Containers);
            }
        }
    }

    /// <summary>Time passes; everybody stays registered.</summary>
    private void Age()
    {
        for (var passed = 0L; passed < AgeMs; passed += StateContext.LeaseMs / 2)
        {
            _context.Base.NowMs += StateContext.LeaseMs / 2;
            KeepNodesAlive();
        }
    }

    private void KeepNodesAlive()
    {
        _context.Base.Register(NodeKind.Compactor, "c");
        _context.Base.Register(NodeKind.Compactor, "d");
        _context.Base.Register(NodeKind.Writer, "a");
    }
}
