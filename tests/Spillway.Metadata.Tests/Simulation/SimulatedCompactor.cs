using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Tests.Simulation;

/// <summary>A compactor that does one small step at a time, stops in between, forgets its jobs and comes back late.</summary>
internal sealed class SimulatedCompactor(World world, Random random, string name)
{
    private RegisterReply? _registration;
    private int _processes;
    private Job? _job;
    private PrepareObjectReply? _prepared;
    private List<ObjectRange>? _ranges;
    private CommitObjectReply? _lostReply;

    public bool IsIdle => _job is null;

    private StatePair States => world.States;

    public void Register()
    {
        _processes++;
        _registration = States.Apply<RegisterReply>(new Command
        {
            RegisterNode = new RegisterNode
            {
                Request = new RegisterRequest { Kind = NodeKind.Compactor, Name = name, ProcessId = $"p{_processes}" },
                LeaseMs = 30_000,
            },
        });
    }

    public void Forget() => (_job, _prepared, _ranges, _lostReply) = (null, null, null, null);

    /// <summary>One step; false when there was nothing to do.</summary>
    public bool Step()
    {
        if (_job is null)
        {
            return Acquire();
        }

        if (_job.Kind == JobKind.Delete)
        {
            Delete();
        }
        else if (_prepared is null)
        {
            Prepare();
        }
        else if (_ranges is null)
        {
            Put();
        }
        else
        {
            Commit();
        }

        return true;
    }

    private bool Acquire()
    {
        var reply = States.Apply<AcquireJobReply>(new Command
        {
            AcquireJob = new AcquireJob
            {
                Request = new AcquireJobRequest
                {
                    CompactorId = _registration!.NodeId,
                    CompactorEpoch = _registration.Epoch,
                    Kinds = { JobKind.Drain, JobKind.Delete, JobKind.Merge },
                },
                LeaseMs = 20_000,
                ReadGraceMs = World.ReadGraceMs,
                DrainBytesTarget = 1 + random.Next(2_000),
                DrainAgeMs = 1_000,
                DrainRangesMax = 1 + random.Next(50),
                DeleteCountMax = 1 + random.Next(5),
                MergeBytesTarget = 1 + random.Next(5_000),
                MergeEntriesMin = 2 + random.Next(4),
                MergeDelayMs = random.Next(2_000),
                MergeRangesMax = 1 + random.Next(20),
            },
        });
        if (reply.Fenced)
        {
            Register();
            return true;
        }

        _job = reply.Job;
        if (_job?.Kind == JobKind.Merge)
        {
            world.NoteMerge(_job);
        }

        return _job is not null;
    }

    private void Delete()
    {
        // Gone from the volume before metadata hears of it; and it may never hear of it.
        var deleted = _job!.Containers.Take(1 + random.Next(_job.Containers.Count)).ToList();
        foreach (var location in deleted)
        {
            world.Delete(location.Kind, location.ContainerId);
        }

        world.CheckReadable();
        if (random.Next(4) != 0)
        {
            Complete(deleted, failed: false);
        }

        Forget();
    }

    private void Prepare()
    {
        var reply = States.Apply<PrepareObjectReply>(new Command
        {
            PrepareObject = new PrepareObjectRequest
            {
                JobId = _job!.JobId,
                CompactorId = _registration!.NodeId,
                CompactorEpoch = _registration.Epoch,
                TtlMs = 1_000 + random.Next(60_000),
            },
        });
        if (reply.Lost)
        {
            Forget();
            return;
        }

        _prepared = reply;
        if (_job.Kind == JobKind.Merge)
        {
            world.NoteMergedObject(reply.ObjectId);
        }
    }

    private void Put()
    {
        long position = 0;
        var ranges = new List<ObjectRange>();
        var payloads = new List<Payload>();
        foreach (var planned in _job!.Ranges)
        {
            var entry = planned.Entry;
            if (world.Read(entry.Kind, entry.ContainerId, entry.Position, entry.Length) is not { } bytes)
            {
                Complete([], failed: true);
                Forget();
                return;
            }

            payloads.AddRange(bytes);
            Add(ranges, planned, position);
            position += entry.Length;
        }

        position = 0;
        world.CreateFile(ContainerKind.Object, _prepared!.ObjectId);
        foreach (var payload in payloads)
        {
            world.Write(ContainerKind.Object, _prepared.ObjectId, position, payload);
            position += payload.Length;
        }

        _ranges = ranges;
    }

    private void Commit()
    {
        var reply = States.Apply<CommitObjectReply>(new Command
        {
            CommitObject = new CommitObjectRequest { ObjectId = _prepared!.ObjectId, JobId = _job!.JobId, Ranges = { _ranges } },
        });
        Assert.True(reply.Expired || reply.Accepted.Count == _ranges!.Count);
        if (_lostReply is not null)
        {
            // Answered alike, as long as the object is remembered.
            Assert.True(reply.Expired || reply.Equals(_lostReply));
        }
        else if (random.Next(3) == 0)
        {
            _lostReply = reply;
            return;
        }

        if (random.Next(4) != 0)
        {
            Complete([], failed: random.Next(5) == 0);
        }

        Forget();
    }

    private void Complete(IEnumerable<ContainerLocation> deleted, bool failed) =>
        States.Apply<CompleteJobReply>(new Command
        {
            CompleteJob = new CompleteJob
            {
                Request = new CompleteJobRequest
                {
                    JobId = _job!.JobId,
                    CompactorId = _registration!.NodeId,
                    CompactorEpoch = _registration.Epoch,
                    Deleted = { deleted },
                    Failed = failed,
                },
                RetryAfterMs = 2_000,
            },
        });

    private void Add(List<ObjectRange> ranges, DrainRange planned, long position)
    {
        if (ranges.Count > 0 && ranges[^1].LogId == planned.LogId && ranges[^1].LastOffset + 1 == planned.Entry.BaseOffset
            && random.Next(4) != 0)
        {
            ranges[^1].LastOffset = planned.Entry.LastOffset;
            ranges[^1].Length += planned.Entry.Length;
            return;
        }

        ranges.Add(TestCompactor.ToRange(planned, position));
    }
}
