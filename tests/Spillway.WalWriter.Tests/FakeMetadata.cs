using Google.Protobuf;
using Spillway.Rpc;
using Spillway.Rpc.Commit;
using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.WalWriter.Tests;

/// <summary>
/// What metadata promises a writer, as a model small enough to be plainly right, with hooks for everything that can go
/// wrong around it. Thread-safe.
/// </summary>
internal sealed class FakeMetadata : IRegistrationService, IWalCommitService
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, Segment> _segments = [];
    private readonly Dictionary<string, long> _tokens = [];
    private readonly Dictionary<long, long> _nextOffsets = [];
    private readonly Dictionary<long, CommitBlockReply> _replies = [];
    private readonly List<CommittedBatch> _committed = [];
    private readonly List<CommitBlockRequest> _requests = [];
    private readonly List<ICommitObserver> _observers = [];
    private long _epoch;
    private long _lastBlockSeq;
    private long? _forgottenSeq;

    public static Guid ClusterId { get; } = new("00112233-4455-6677-8899-aabbccddeeff");

    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Runs before a commit is looked at: may wait, or throw for a request that got lost.</summary>
    public Func<CommitBlockRequest, Task>? BeforeCommit { get; set; }

    /// <summary>Runs after a commit was applied: throws for a reply that got lost.</summary>
    public Func<CommitBlockRequest, CommitBlockReply, Task>? AfterCommit { get; set; }

    /// <summary>Gives a batch an error instead of offsets.</summary>
    public Func<BatchCommit, int>? BatchError { get; set; }

    public Func<Task>? BeforeRegister { get; set; }

    /// <summary>How often a commit stream was opened.</summary>
    public int StreamCount => Observers.Count;

    /// <summary>Who was told of each of them, in order.</summary>
    public IReadOnlyList<ICommitObserver> Observers => Read<IReadOnlyList<ICommitObserver>>(() => [.. _observers]);

    public int DeregisteredCount { get; private set; }

    public int RenewCount { get; private set; }

    public long Epoch => Read(() => _epoch);

    public IReadOnlyList<CommittedBatch> Committed => Read<IReadOnlyList<CommittedBatch>>(() => [.. _committed]);

    /// <summary>Every commit request that arrived, in order.</summary>
    public IReadOnlyList<CommitBlockRequest> Requests => Read<IReadOnlyList<CommitBlockRequest>>(() => [.. _requests]);

    public IReadOnlyDictionary<long, Segment> Segments =>
        Read<IReadOnlyDictionary<long, Segment>>(() => new Dictionary<long, Segment>(_segments));

    public static RpcException Unavailable() => new(RpcStatusCode.Unavailable, "injected");

    public async Task<RegisterReply> RegisterAsync(RegisterRequest request, CancellationToken cancellationToken)
    {
        if (BeforeRegister is { } before)
        {
            await before();
        }

        lock (_lock)
        {
            Fence();
            return new RegisterReply
            {
                NodeId = 7,
                Epoch = _epoch,
                LeaseMs = (long)Lease.TotalMilliseconds,
                ClusterId = ByteString.CopyFrom(ClusterId.ToByteArray(bigEndian: true)),
            };
        }
    }

    /// <summary>The writer's epoch is over, as after a lease that ran out; what was open is sealed.</summary>
    public void Fence()
    {
        lock (_lock)
        {
            _epoch++;
            _lastBlockSeq = 0;
            _replies.Clear();
            foreach (var segment in _segments.Values)
            {
                segment.IsSealed = true;
            }
        }
    }

    /// <summary>An operator, or a drain, seals everything that is open.</summary>
    public void SealAll()
    {
        lock (_lock)
        {
            foreach (var segment in _segments.Values)
            {
                segment.IsSealed = true;
            }
        }
    }

    public Task<RenewReply> RenewAsync(RenewRequest request, CancellationToken cancellationToken)
    {
        RenewCount++;
        return Task.FromResult(new RenewReply { Fenced = request.Epoch != Epoch, LeaseMs = (long)Lease.TotalMilliseconds });
    }

    public Task<DeregisterReply> DeregisterAsync(DeregisterRequest request, CancellationToken cancellationToken)
    {
        DeregisteredCount++;
        return Task.FromResult(new DeregisterReply());
    }

    /// <summary>For one request it is as if the blocks from that one on had never come.</summary>
    public void Forget(long blockSeq)
    {
        lock (_lock)
        {
            _forgottenSeq = blockSeq;
        }
    }

    public Task<OpenSegmentReply> OpenSegmentAsync(OpenSegmentRequest request, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (request.WriterEpoch != _epoch)
            {
                return Task.FromResult(new OpenSegmentReply { Fenced = true });
            }

            if (!_tokens.TryGetValue(request.RequestToken, out var id))
            {
                id = _segments.Count + 1;
                _tokens.Add(request.RequestToken, id);
                _segments.Add(id, new Segment(id, request.Volume, $"7/{id}.wal"));
            }

            return Task.FromResult(new OpenSegmentReply { SegmentId = id, Path = _segments[id].Path });
        }
    }

    public Task<SealSegmentReply> SealSegmentAsync(SealSegmentRequest request, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (request.WriterEpoch != _epoch)
            {
                return Task.FromResult(new SealSegmentReply { Fenced = true });
            }

            _segments[request.SegmentId].IsSealed = true;
            return Task.FromResult(new SealSegmentReply());
        }
    }

    public ICommitStream OpenCommitStream(ICommitObserver observer)
    {
        lock (_lock)
        {
            _observers.Add(observer);
        }

        return new FakeCommitStream(observer, Take);
    }

    /// <summary>A request has come; what is to run before it is that of now, whenever its turn is.</summary>
    private Func<Task<BlockOutcome>> Take(CommitBlockRequest request)
    {
        var before = BeforeCommit;
        lock (_lock)
        {
            _requests.Add(request);
        }

        return () => AnswerAsync(request, before);
    }

    private async Task<BlockOutcome> AnswerAsync(CommitBlockRequest request, Func<CommitBlockRequest, Task>? before)
    {
        if (before is not null)
        {
            await before(request);
        }

        var reply = Apply(request);
        if (AfterCommit is { } after)
        {
            await after(request, reply);
        }

        return BlockOutcome.Of(reply, request.BlockSeq);
    }

    private CommitBlockReply Apply(CommitBlockRequest request)
    {
        lock (_lock)
        {
            if (request.WriterEpoch != _epoch)
            {
                return new CommitBlockReply { Status = CommitStatus.Fenced };
            }

            if (_forgottenSeq is { } forgotten)
            {
                _forgottenSeq = null;
                return new CommitBlockReply { Status = CommitStatus.Resend, ExpectedBlockSeq = forgotten };
            }

            if (request.BlockSeq <= _lastBlockSeq)
            {
                return _replies[request.BlockSeq];
            }

            if (request.BlockSeq != _lastBlockSeq + 1)
            {
                return new CommitBlockReply { Status = CommitStatus.Resend, ExpectedBlockSeq = _lastBlockSeq + 1 };
            }

            if (_segments[request.SegmentId].IsSealed)
            {
                return new CommitBlockReply { Status = CommitStatus.SegmentSealed };
            }

            var reply = new CommitBlockReply { Status = CommitStatus.Committed };
            foreach (var batch in request.Batches)
            {
                reply.Results.Add(Assign(request, batch));
            }

            _lastBlockSeq = request.BlockSeq;
            _replies[request.BlockSeq] = reply;
            return reply;
        }
    }

    private BatchCommitResult Assign(CommitBlockRequest request, BatchCommit batch)
    {
        if (BatchError?.Invoke(batch) is { } error and not 0)
        {
            return new BatchCommitResult { ErrorCode = error, BaseOffset = -1 };
        }

        var offset = _nextOffsets.GetValueOrDefault(batch.LogId);
        _nextOffsets[batch.LogId] = offset + batch.RecordCount;
        _committed.Add(new CommittedBatch(
            batch.LogId,
            offset,
            _segments[request.SegmentId],
            request.PayloadPosition + batch.Position,
            batch.Length,
            request.WriterEpoch,
            request.BlockSeq));
        return new BatchCommitResult { BaseOffset = offset };
    }

    private T Read<T>(Func<T> read)
    {
        lock (_lock)
        {
            return read();
        }
    }

    internal sealed record CommittedBatch(
        long LogId, long BaseOffset, Segment Segment, long Position, int LengthBytes, long WriterEpoch, long BlockSeq);

    internal sealed class Segment(long id, string volume, string path)
    {
        public long Id { get; } = id;

        public string Volume { get; } = volume;

        public string Path { get; } = path;

        public bool IsSealed { get; set; }
    }
}
