using System.Buffers;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Wire;
using Xunit;

namespace Spillway.Kafka.Tests.Messages;

/// <summary>What reading and writing the messages of the hot path costs in garbage.</summary>
public sealed class AllocationTests
{
    [Fact]
    public void Reading_a_produce_request_allocates_a_constant_besides_its_records()
    {
        var small = ProduceBytes(recordBytes: 100);
        var large = ProduceBytes(recordBytes: 1 << 20);

        var ofSmall = AllocatedBytes(() => ReadProduce(small));
        var ofLarge = AllocatedBytes(() => ReadProduce(large));

        // Request, header-less: two structures, two lists with their arrays, the topic's name.
        Assert.Equal(ofSmall, ofLarge);
        Assert.InRange(ofLarge, 1, 512);
    }

    [Fact]
    public void Writing_a_fetch_response_allocates_nothing_but_its_header()
    {
        var response = new FetchResponse
        {
            Responses =
            [
                new()
                {
                    Partitions = [new() { Records = new ReadOnlySequence<byte>(new byte[1 << 16]), AbortedTransactions = null }],
                },
            ],
        };
        var output = new ArrayBufferWriter<byte>(1 << 18);

        var allocated = AllocatedBytes(() =>
        {
            output.ResetWrittenCount();
            ResponseFrame.Write(output, ApiKey.Fetch, 16, 1, response);
        });

        Assert.InRange(allocated, 0, 64);
    }

    private static byte[] ProduceBytes(int recordBytes) => new ProduceRequest
    {
        TopicData =
        [
            new() { Name = "topic", PartitionData = [new() { Records = new ReadOnlySequence<byte>(new byte[recordBytes]) }] },
        ],
    }.ToBytes(9);

    private static void ReadProduce(byte[] bytes)
    {
        var reader = new WireReader(bytes);
        ProduceRequest.Read(ref reader, 9);
    }

    private static long AllocatedBytes(Action action)
    {
        for (var i = 0; i < 200; i++)
        {
            action();
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            action();
        }

        return (GC.GetAllocatedBytesForCurrentThread() - before) / 100;
    }
}
