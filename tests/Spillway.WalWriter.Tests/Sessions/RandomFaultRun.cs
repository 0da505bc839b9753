using System.Buffers.Binary;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Records;
using Spillway.Rpc.Append;
using Spillway.Testing.Wal;
using Xunit;

namespace Spillway.WalWriter.Tests.Sessions;

/// <summary>
/// Goal: no fault of volume or metadata, in any mix, loses, doubles or reorders what was acknowledged. Method: streams append
/// numbered batches while writes tear, flushes fail, requests and replies get lost, segments are sealed and the epoch is
/// fenced; then the power goes, and each acknowledged batch must be at its offset, durable, once, and in its stream's order.
/// </summary>
internal sealed class RandomFaultRun : IAsyncDisposable
{
    private const int StreamCount = 4;
    private const int AppendsPerStream = 400;

    private readonly int _seed;
    private readonly WriterTestContext _context;
    private readonly Lock _lock = new();
    private readonly Random _faults;
    private readonly List<Acknowledged> _acknowledged = [];
    private int _unacknowledgedCount;

    public RandomFaultRun(int seed)
    {
        _seed = seed;
        _faults = new Random(seed);
        _context = new WriterTestContext(
            WriterTestContext.CreateOptions(
                flushThreads: 1 + (seed % 3), segmentBytes: 256 << 10, inFlightBytesMax: 1 << 20),
            seed: seed);
        _context.Files.OnFlush = _ => FailSometimes(0.03, FaultyWalFileSystem.InputOutputError);
        _context.Files.OnWrite = (_, position) => position > 0 && Chance(0.02) ? 64 : null;
        _context.Files.OnPreallocate = _ => FailSometimes(0.05, FaultyWalFileSystem.NoSpace);
        _context.Metadata.BeforeCommit = _ => BeforeCommitAsync();
        _context.Metadata.AfterCommit = (_, _) =>
            Chance(0.05) ? Task.FromException(FakeMetadata.Unavailable()) : Task.CompletedTask;
    }

    public async Task RunAsync()
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {_seed}");
        using var done = new CancellationTokenSource();
        var stepping = StepLoopAsync(done.Token);
        await Task.WhenAll(Enumerable.Range(1, StreamCount).Select(RunStreamAsync)).WaitAsync(TimeSpan.FromMinutes(2));
        await done.CancelAsync();
        await stepping;
        await _context.DisposeAsync();

        _context.Memory.LosePower();
        Check();
    }

    public ValueTask DisposeAsync() => _context.DisposeAsync();

    private void Check()
    {
        var committed = _context.Metadata.Committed.ToDictionary(c => (c.LogId, c.BaseOffset));
        Assert.True(_acknowledged.Count > StreamCount * AppendsPerStream / 4, "hardly anything was acknowledged");
        Assert.True(_unacknowledgedCount > 0, "no fault reached a client");
        foreach (var ack in _acknowledged)
        {
            Assert.Equal(ack.Batch, _context.ReadCommitted(committed[(ack.LogId, ack.Offset)]));
        }

        Assert.Equal(_acknowledged.Count, _acknowledged.DistinctBy(a => (a.LogId, a.Offset)).Count());
        foreach (var group in _acknowledged.GroupBy(a => (a.Stream, a.LogId)))
        {
            var byNumber = group.OrderBy(a => a.Number).Select(a => a.Offset).ToList();
            Assert.Equal(byNumber.Order(), byNumber);
        }

        // Committed once at most, acknowledged or not: no block came back under another epoch or sequence.
        var contents = committed.Values.Select(c => Convert.ToHexString(_context.ReadCommitted(c))).ToList();
        Assert.Equal(contents.Count, contents.Distinct().Count());
        Assert.Equal(0, _context.Pool.RentedBytes);
    }

    private async Task RunStreamAsync(int streamNumber)
    {
        var random = new Random((_seed * 31) + streamNumber);
        IAppendStream? stream = null;
        var pending = new List<Task>();
        for (var number = 0; number < AppendsPerStream; number++)
        {
            while (stream is null or { IsBroken: true })
            {
                await Task.WhenAll(pending);
                pending.Clear();
                stream = _context.Appends.OpenStream($"stream-{streamNumber}");
                await Task.Delay(1);
            }

            pending.Add(AppendAsync(stream, streamNumber, number, 1 + random.Next(3), random));
            if (streamNumber == 1 && number % 100 == 50)
            {
                // Four times, whatever the machine's pace: what is appended next meets an epoch that is over.
                _context.Metadata.Fence();
            }

            if (pending.Count > random.Next(30))
            {
                await Task.WhenAll(pending);
                pending.Clear();
            }
        }

        await Task.WhenAll(pending);
    }

    private Task AppendAsync(IAppendStream stream, int streamNumber, int number, long logId, Random random)
    {
        var batch = Testing.Records.TestBatch.Create(random, 16 + random.Next(3000));
        BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(RecordBatchLayout.HeaderBytes), (streamNumber * 1_000_000L) + number);
        RecordBatchBytes.SetCrc(batch);
        var append = _context.AppendAsync(stream, (logId, batch));
        return NoteAsync();

        async Task NoteAsync()
        {
            var result = await append;
            lock (_lock)
            {
                if (result.Error == ErrorCode.None)
                {
                    Assert.Equal(ErrorCode.None, result.Batches[0].Error);
                    _acknowledged.Add(new(streamNumber, logId, number, result.Batches[0].BaseOffset, batch));
                    return;
                }

                Assert.True(result.Error is ErrorCode.NotLeaderOrFollower or ErrorCode.KafkaStorageError);
                _unacknowledgedCount++;
            }
        }
    }

    private async Task StepLoopAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await _context.Loop.RunOnceAsync(CancellationToken.None);
            await Task.Delay(1, CancellationToken.None);
        }
    }

    private async Task BeforeCommitAsync()
    {
        if (Chance(0.05))
        {
            await Task.Yield();
            throw FakeMetadata.Unavailable();
        }

        if (Chance(0.02))
        {
            _context.Metadata.SealAll();
        }

        if (Chance(0.1))
        {
            // The next one may overtake.
            await Task.Delay(1, CancellationToken.None);
        }
    }

    private void FailSometimes(double probability, int errno)
    {
        if (Chance(probability))
        {
            throw FaultyWalFileSystem.Error(errno);
        }
    }

    private bool Chance(double probability)
    {
        lock (_lock)
        {
            return _faults.NextDouble() < probability;
        }
    }

    private sealed record Acknowledged(int Stream, long LogId, int Number, long Offset, byte[] Batch);
}
