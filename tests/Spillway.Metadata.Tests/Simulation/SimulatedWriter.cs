using Spillway.Rpc.Metadata;
using Spillway.Rpc.Metadata.Persisted;

namespace Spillway.Metadata.Tests.Simulation;

/// <summary>
/// A WAL writer that loses answers, restarts, gets its segments sealed and sends old blocks again. It writes bytes before it
/// commits them, as the real one does.
/// </summary>
internal sealed class SimulatedWriter(World world, Random random, string name)
{
    private readonly List<(CommitBlockRequest Block, bool Applied)> _dead = [];
    private RegisterReply? _registration;
    private long _segmentId;
    private long _position;
    private long _nextSeq;
    private int _processes;
    private int _tokens;

    // The block whose answer is not known: what it holds, and the answer that was lost if it was applied.
    private CommitBlockRequest? _pending;
    private List<Payload> _pendingPayloads = [];
    private CommitBlockReply? _lostReply;

    private StatePair States => world.States;

    public void Register()
    {
        Bury();
        _processes++;
        _registration = States.Apply<RegisterReply>(new Command
        {
            RegisterNode = new RegisterNode
            {
                Request = new RegisterRequest { Kind = NodeKind.Writer, Name = name, ProcessId = $"p{_processes}" },
                LeaseMs = 30_000,
            },
        });
        _nextSeq = 1;
        Open();
    }

    public void Renew()
    {
        var reply = States.Apply<RenewReply>(new Command
        {
            RenewNode = new RenewNode
            {
                Request = new RenewRequest
                {
                    Kind = NodeKind.Writer, NodeId = _registration!.NodeId, Epoch = _registration.Epoch,
                },
                LeaseMs = 30_000,
            },
        });
        if (reply.Fenced)
        {
            Register();
        }
    }

    public void Deregister() => States.Apply<DeregisterReply>(new Command
    {
        DeregisterNode = new DeregisterRequest
        {
            Kind = NodeKind.Writer, NodeId = _registration!.NodeId, Epoch = _registration.Epoch,
        },
    });

    public void Seal() => States.Apply<SealSegmentReply>(new Command
    {
        SealSegment = new SealSegmentRequest
        {
            WriterId = _registration!.NodeId, WriterEpoch = _registration.Epoch, SegmentId = _segmentId,
        },
    });

    /// <summary>Settles the pending block, or writes a new one of these batches.</summary>
    public void Step(Func<List<BatchCommit>> newBatches)
    {
        if (_pending is null)
        {
            Write(newBatches());
        }

        Send();
    }

    /// <summary>A block ahead of its turn must not be applied.</summary>
    public void SendAhead()
    {
        var ahead = NewBlock();
        ahead.BlockSeq = _nextSeq + (_lostReply is null ? 1 : 2) + random.Next(3);
        var reply = Commit(ahead);
        Assert.True(reply.Status is CommitStatus.Resend or CommitStatus.Fenced);
    }

    /// <summary>P3: a block of an epoch that is over is never applied, whatever became of it then.</summary>
    public void SendDead()
    {
        if (_dead.Count > 0)
        {
            var (block, _) = _dead[random.Next(_dead.Count)];
            Assert.Equal(CommitStatus.Fenced, Commit(block).Status);
        }
    }

    private void Send()
    {
        var reply = Commit(_pending!);
        switch (reply.Status)
        {
            case CommitStatus.Committed:
                Take(reply);
                break;
            case CommitStatus.SegmentSealed:
                Assert.Null(_lostReply);
                Open();
                Rewrite();
                break;
            case CommitStatus.Fenced:
                Assert.Null(_lostReply);
                Register();
                break;
            default:
                Assert.Fail($"{reply.Status} for the next block");
                break;
        }
    }

    private void Take(CommitBlockReply reply)
    {
        if (_lostReply is not null)
        {
            // P2: sent again, answered alike, and counted once.
            Assert.Equal(_lostReply, reply);
        }
        else
        {
            for (var i = 0; i < reply.Results.Count; i++)
            {
                world.JudgeAppend(_pending!.Batches[i], _pendingPayloads[i], reply.Results[i]);
            }
        }

        if (random.Next(4) == 0)
        {
            _lostReply = reply;
            return;
        }

        _pending = null;
        _lostReply = null;
        _nextSeq++;
    }

    private void Write(List<BatchCommit> batches)
    {
        _pending = NewBlock();
        _pendingPayloads = [];
        foreach (var batch in batches)
        {
            _pending.Batches.Add(batch);
            _pendingPayloads.Add(world.NewPayload(batch.LogId, batch.Length, batch.RecordCount));
        }

        Rewrite();
    }

    /// <summary>Puts the pending block's bytes into the segment that is open now.</summary>
    private void Rewrite()
    {
        // The block's header lies between it and the one before.
        _position += 64;
        _pending!.SegmentId = _segmentId;
        _pending.PayloadPosition = _position;
        for (var i = 0; i < _pendingPayloads.Count; i++)
        {
            _pending.Batches[i].Position = (int)(_position - _pending.PayloadPosition);
            world.Write(ContainerKind.WalSegment, _segmentId, _position, _pendingPayloads[i]);
            _position += _pendingPayloads[i].Length;
        }
    }

    private CommitBlockRequest NewBlock() => new()
    {
        WriterId = _registration!.NodeId,
        WriterEpoch = _registration.Epoch,
        SegmentId = _segmentId,
        BlockSeq = _nextSeq,
    };

    private void Open()
    {
        var reply = States.Apply<OpenSegmentReply>(new Command
        {
            OpenSegment = new OpenSegmentRequest
            {
                WriterId = _registration!.NodeId, WriterEpoch = _registration.Epoch, Volume = "v", RequestToken = $"{++_tokens}",
            },
        });
        if (reply.Fenced)
        {
            Register();
            return;
        }

        _segmentId = reply.SegmentId;
        _position = 0;
        world.CreateFile(ContainerKind.WalSegment, _segmentId);
    }

    /// <summary>What is unresolved when an epoch ends dies with it.</summary>
    private void Bury()
    {
        if (_pending is not null)
        {
            _dead.Add((_pending, _lostReply is not null));
            _pending = null;
            _lostReply = null;
        }
    }

    private CommitBlockReply Commit(CommitBlockRequest block) =>
        States.Apply<CommitBlockReply>(new Command { CommitBlock = block.Clone() });
}
