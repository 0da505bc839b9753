using System.Buffers.Binary;
using Spillway.Kafka.Errors;
using Spillway.ProtocolFrontend.Producing;
using Spillway.Rpc.Append;

namespace Spillway.ProtocolFrontend.Tests.Producing;

/// <summary>
/// Writers whose streams break, as <see cref="IAppendStream"/> says they do: all that is unanswered fails, in order, and what really
/// happened to it nobody knows; some of it may be stored, much later even, but nothing without what is before it. Batches are known by
/// the number in their last record. The test takes the steps.
/// </summary>
internal sealed class UnreliableWriters(Random random) : IWriters
{
    private readonly Lock _lock = new();
    private readonly List<Stream> _streams = [];

    /// <summary>Batches that go another way while an append of the same stream is to be stored later.</summary>
    private readonly Queue<List<(long LogId, int Number)>> _late = new();

    /// <summary>The numbers in each log, in the order in which they were stored.</summary>
    public Dictionary<long, List<int>> Logs { get; } = [];

    public bool HasWriter { get; set; } = true;

    /// <summary>How many appends failed behind another one of their stream.</summary>
    public int FailedBehindCount { get; private set; }

    public static int ReadNumber(ReadOnlySpan<byte> batch) => BinaryPrimitives.ReadInt32BigEndian(batch[^5..]);

    public IAppendStream? Choose(string connectionId)
    {
        lock (_lock)
        {
            if (!HasWriter)
            {
                return null;
            }

            if (_streams.Count == 0 || _streams[^1].IsBroken)
            {
                _streams.Add(new Stream(this));
            }

            return _streams[^1];
        }
    }

    /// <summary>Something happens: answers, a stream that breaks, what is owed after that.</summary>
    public void Step()
    {
        List<(IAppendObserver Observer, ErrorCode Error, BatchAppendResult[] Results)> told = [];
        lock (_lock)
        {
            switch (random.Next(20))
            {
                case 0 when _streams.Count > 0:
                    // Who looks sees it now; those who wait are told later.
                    _streams[^1].IsBroken = true;
                    break;
                case < 4 when _late.TryDequeue(out var late):
                    Store(late);
                    break;
                case < 10:
                    TellBroken(told);
                    break;
                default:
                    Answer(told);
                    break;
            }
        }

        told.ForEach(static one => one.Observer.OnAppended(one.Error, one.Results));
        told.ForEach(static one => one.Observer.OnSettled());
    }

    private void Answer(List<(IAppendObserver Observer, ErrorCode Error, BatchAppendResult[] Results)> told)
    {
        foreach (var stream in _streams.Where(static stream => !stream.IsBroken))
        {
            for (var count = random.Next(4); count > 0 && stream.Pending.TryDequeue(out var append); count--)
            {
                told.Add((append.Observer, ErrorCode.None, Store(append.Batches)));
            }
        }
    }

    private void TellBroken(List<(IAppendObserver Observer, ErrorCode Error, BatchAppendResult[] Results)> told)
    {
        foreach (var stream in _streams.Where(static stream => stream.IsBroken && stream.Pending.Count > 0))
        {
            var storedCount = random.Next(stream.Pending.Count + 1);
            var isLate = random.Next(2) == 0;
            FailedBehindCount += stream.Pending.Count - 1;
            while (stream.Pending.TryDequeue(out var append))
            {
                if (storedCount-- > 0)
                {
                    if (isLate)
                    {
                        _late.Enqueue(append.Batches);
                    }
                    else
                    {
                        Store(append.Batches);
                    }
                }

                told.Add((append.Observer, ErrorCode.KafkaStorageError, []));
            }
        }
    }

    private BatchAppendResult[] Store(List<(long LogId, int Number)> batches)
    {
        var results = new List<BatchAppendResult>();
        foreach (var (logId, number) in batches)
        {
            if (!Logs.TryGetValue(logId, out var log))
            {
                Logs.Add(logId, log = []);
            }

            log.Add(number);
            results.Add(new BatchAppendResult(ErrorCode.None, log.Count - 1, 0, null));
        }

        return [.. results];
    }

    private sealed class Stream(UnreliableWriters owner) : IAppendStream
    {
        public bool IsBroken { get; set; }

        public Queue<(IAppendObserver Observer, List<(long LogId, int Number)> Batches)> Pending { get; } = new();

        public void Append(AppendRequest request, IAppendObserver observer)
        {
            lock (owner._lock)
            {
                if (!IsBroken)
                {
                    Pending.Enqueue((observer, [.. request.Batches.Select(static one => (one.LogId.Value, ReadNumber(one.Batch.Span)))]));
                    return;
                }
            }

            observer.OnAppended(ErrorCode.KafkaStorageError, []);
            observer.OnSettled();
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
