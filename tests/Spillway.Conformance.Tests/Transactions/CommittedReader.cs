using Spillway.Conformance.Tests.Cases;
using Spillway.Conformance.Tests.Wire;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Records;
using Xunit;

namespace Spillway.Conformance.Tests.Transactions;

/// <summary>Reads committed records of a partition as Kafka's consumers do (KIP-98): page by page, leaving out what the broker says was aborted.</summary>
internal sealed class CommittedReader(KafkaWire wire, TestTopic topic, int partition)
{
    private const short Version = 12;

    /// <summary>Offsets of the records delivered from an offset to the last stable one, and that one.</summary>
    public async Task<(List<long> Delivered, long LastStableOffset)> ReadAsync(long offset, int pageBytes)
    {
        var delivered = new List<long>();
        while (true)
        {
            var request = FetchRequests.From(topic, offset, partition);
            request.IsolationLevel = 1;
            request.Topics[0].Partitions[0].PartitionMaxBytes = pageBytes;
            var answer = (await wire.AskAsync<FetchResponse>(request, Version)).Responses[0].Partitions[0];
            Assert.Equal(0, answer.ErrorCode);
            if ((answer.Records?.Length ?? 0) == 0)
            {
                Assert.True(offset >= answer.LastStableOffset, $"nothing at {offset} below {answer.LastStableOffset}: a gap");
                return (delivered, answer.LastStableOffset);
            }

            offset = Deliver(answer, offset, delivered);
        }
    }

    private static long Deliver(FetchResponse.PartitionData answer, long offset, List<long> delivered)
    {
        var aborted = new Queue<FetchResponse.AbortedTransaction>(answer.AbortedTransactions!.OrderBy(static a => a.FirstOffset));
        var leftOut = new HashSet<long>();
        var bytes = System.Buffers.BuffersExtensions.ToArray(answer.Records!.Value).AsMemory();
        for (; RecordBatchHeader.TryRead(bytes.Span, out var header); bytes = bytes[(int)header.TotalLength..])
        {
            Assert.True(header.LastOffset < answer.LastStableOffset, "not stable");
            Assert.True(header.BaseOffset <= offset && header.LastOffset >= offset, $"{header.BaseOffset} does not go on at {offset}");
            while (aborted.TryPeek(out var next) && next.FirstOffset <= header.LastOffset)
            {
                leftOut.Add(aborted.Dequeue().ProducerId);
            }

            if (header.IsControl)
            {
                Assert.True(ControlBatch.TryRead(bytes.Span[..(int)header.TotalLength], out var marker));
                Assert.True(marker.Type == ControlRecordType.Commit || leftOut.Remove(header.ProducerId), "an abort of nothing that is listed");
            }
            else if (!header.IsTransactional || !leftOut.Contains(header.ProducerId))
            {
                for (var record = Math.Max(offset, header.BaseOffset); record <= header.LastOffset; record++)
                {
                    delivered.Add(record);
                }
            }

            offset = header.NextOffset;
        }

        return offset;
    }
}
