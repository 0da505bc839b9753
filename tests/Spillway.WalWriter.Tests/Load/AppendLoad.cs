using System.Buffers.Binary;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Records;
using Spillway.Rpc.Append;
using Spillway.Testing.Records;
using Xunit;

namespace Spillway.WalWriter.Tests.Load;

/// <summary>
/// Streams that append numbered batches as fast as they are answered, whatever becomes of the writer, and remember what they were told. After
/// a loss of power each acknowledged batch must be at its offset, durable, once, and in its stream's order.
/// </summary>
internal sealed class AppendLoad(WriterTestContext context, int seed, int streamCount = 4)
{
    private readonly Lock _lock = new(); // guards what follows
    private readonly List<Acknowledged> _acknowledged = [];
    private int _unacknowledgedCount;
    private long _lastAcknowledgedTicks;

    public int AcknowledgedCount
    {
        get
        {
            lock (_lock)
            {
                return _acknowledged.Count;
            }
        }
    }

    public int UnacknowledgedCount
    {
        get
        {
            lock (_lock)
            {
                return _unacknowledgedCount;
            }
        }
    }

    /// <summary>When the last append was acknowledged, by the machine's tick count.</summary>
    public long LastAcknowledgedTicks => Volatile.Read(ref _lastAcknowledgedTicks);

    /// <summary>Called by the first stream before each of its appends.</summary>
    public Action<int> OnAppend { get; set; } = static _ => { };

    /// <summary>Appends that many batches a stream, or until it is told to stop.</summary>
    public async Task RunAsync(int appendsPerStream, CancellationToken stop)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        using var done = new CancellationTokenSource();
        var stepping = StepLoopAsync(done.Token);
        await Task.WhenAll(Enumerable.Range(1, streamCount).Select(i => RunStreamAsync(i, appendsPerStream, stop)))
            .WaitAsync(TimeSpan.FromMinutes(3));
        await done.CancelAsync();
        await stepping;
    }

    /// <summary>After the context was disposed and the power lost.</summary>
    public void Check()
    {
        var committed = context.Metadata.Committed.ToDictionary(c => (c.LogId, c.BaseOffset));
        foreach (var ack in _acknowledged)
        {
            Assert.Equal(ack.Batch, context.ReadCommitted(committed[(ack.LogId, ack.Offset)]));
        }

        Assert.Equal(_acknowledged.Count, _acknowledged.DistinctBy(a => (a.LogId, a.Offset)).Count());
        foreach (var group in _acknowledged.GroupBy(a => (a.Stream, a.LogId)))
        {
            var byNumber = group.OrderBy(a => a.Number).Select(a => a.Offset).ToList();
            Assert.Equal(byNumber.Order(), byNumber);
        }

        // Committed once at most, acknowledged or not: no block came back under another epoch or sequence.
        var contents = committed.Values.Select(c => Convert.ToHexString(context.ReadCommitted(c))).ToList();
        Assert.Equal(contents.Count, contents.Distinct().Count());
        Assert.Equal(0, context.Pool.RentedBytes);
    }

    private async Task RunStreamAsync(int streamNumber, int appendCount, CancellationToken stop)
    {
        var random = new Random((seed * 31) + streamNumber);
        IAppendStream? stream = null;
        var pending = new List<Task>();
        for (var number = 0; number < appendCount && !stop.IsCancellationRequested; number++)
        {
            while (stream is null or { IsBroken: true })
            {
                await Task.WhenAll(pending);
                pending.Clear();
                stream = context.Appends.OpenStream($"stream-{streamNumber}");
                await Task.Delay(1, CancellationToken.None);
            }

            if (streamNumber == 1)
            {
                OnAppend(number);
            }

            pending.Add(AppendAsync(stream, streamNumber, number, 1 + random.Next(3), random));
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
        var batch = TestBatch.Create(random, 16 + random.Next(3000));
        BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(RecordBatchLayout.HeaderBytes), (streamNumber * 1_000_000L) + number);
        RecordBatchBytes.SetCrc(batch);
        var append = context.AppendAsync(stream, (logId, batch));
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
                    Volatile.Write(ref _lastAcknowledgedTicks, Environment.TickCount64);
                    return;
                }

                // P4: what nobody knows the outcome of is to be tried again.
                Assert.True(result.Error is ErrorCode.NotLeaderOrFollower or ErrorCode.KafkaStorageError);
                _unacknowledgedCount++;
            }
        }
    }

    private async Task StepLoopAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await context.Loop.RunOnceAsync(CancellationToken.None);
            await Task.Delay(1, CancellationToken.None);
        }
    }

    private sealed record Acknowledged(int Stream, long LogId, int Number, long Offset, byte[] Batch);
}
