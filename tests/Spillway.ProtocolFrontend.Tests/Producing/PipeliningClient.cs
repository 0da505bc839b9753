using System.Buffers.Binary;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Records;
using Xunit;

namespace Spillway.ProtocolFrontend.Tests.Producing;

/// <summary>
/// A producer without sequences: numbers to some partitions of "u", several requests in flight, each partition's in order. What fails or is
/// not answered it sends again, first of all, on another connection; before it takes notice it goes on sending. The test takes the steps.
/// </summary>
internal sealed class PipeliningClient(ProduceTestContext produce, Random random, int partitionCount, int numbersMax)
{
    private const int InFlightMax = 8;

    private readonly int[] _next = new int[partitionCount];
    private readonly Queue<List<(int Partition, int Number)>> _retries = new();
    private readonly Queue<List<(int Partition, int Number)>> _inFlight = new();
    private readonly List<List<(int Partition, int Number)>> _failed = [];
    private Task<List<ProduceResponse.PartitionProduceResponse>?>? _receiving;
    private int _correlationId;

    /// <summary>The offsets that each partition's numbers were acknowledged with.</summary>
    public Dictionary<(int Partition, int Number), long> Acked { get; } = [];

    public int ReconnectCount { get; private set; }

    public bool IsDone => Acked.Count == partitionCount * numbersMax;

    public async Task StepAsync()
    {
        if (_inFlight.Count < InFlightMax && random.Next(3) > 0 && TakeNext() is { } batches)
        {
            _inFlight.Enqueue(batches);
            await produce.SendAsync(
                ++_correlationId,
                ProduceTestContext.Request("u", batches.Select(static one => (one.Partition, MakeBatch(one.Number)))));
        }

        _receiving ??= produce.ReceiveAllAsync();
        if (_receiving.IsCompleted)
        {
            var answer = await _receiving;
            _receiving = null;
            if (answer is null)
            {
                await ReconnectAsync();
            }
            else
            {
                Take(_inFlight.Dequeue(), answer);
            }
        }
    }

    private List<(int Partition, int Number)>? TakeNext()
    {
        if (_retries.TryDequeue(out var retry))
        {
            return retry;
        }

        List<(int, int)> batches = [];
        for (var partition = 0; partition < partitionCount; partition++)
        {
            if (_next[partition] < numbersMax && random.Next(2) == 0)
            {
                batches.Add((partition, _next[partition]++));
            }
        }

        return batches.Count > 0 ? batches : null;
    }

    private void Take(List<(int Partition, int Number)> sent, List<ProduceResponse.PartitionProduceResponse> answer)
    {
        List<(int, int)> failed = [];
        foreach (var (batch, result) in sent.Zip(answer))
        {
            Assert.Equal(batch.Partition, result.Index);
            if (result.ErrorCode == (short)ErrorCode.None)
            {
                Acked.Add(batch, result.BaseOffset);
            }
            else
            {
                Assert.True(ErrorCodes.IsRetriable((ErrorCode)result.ErrorCode));
                failed.Add(batch);
            }
        }

        if (failed.Count > 0)
        {
            _failed.Add(failed);
        }
    }

    private async Task ReconnectAsync()
    {
        ReconnectCount++;
        await produce.ReconnectAsync();
        List<List<(int, int)>> again = [.. _failed, .. _inFlight, .. _retries];
        _failed.Clear();
        _inFlight.Clear();
        _retries.Clear();
        again.ForEach(_retries.Enqueue);
    }

    private static byte[] MakeBatch(int number)
    {
        var value = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(value, number);
        var builder = new RecordBatchBuilder();
        builder.Append(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), null, value);
        return builder.Build();
    }
}
