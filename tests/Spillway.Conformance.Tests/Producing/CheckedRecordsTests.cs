using Spillway.Conformance.Tests.Broker;
using Spillway.Conformance.Tests.Cases;
using Spillway.Kafka.Compression;
using Spillway.Kafka.Errors;
using Spillway.Kafka.Messages;
using Xunit;

namespace Spillway.Conformance.Tests.Producing;

/// <summary>
/// Batches that begin as their codec's do and then break. Kafka's brokers decompress every batch and refuse it; ours do where they are told to.
/// </summary>
public sealed class CheckedRecordsTests(BrokerFixture broker)
{
    private static readonly string[] CheckAll = ["--Spillway:ProtocolFrontend:RecordChecks=All"];

    [Theory]
    [InlineData(CompressionType.Gzip)]
    [InlineData(CompressionType.Snappy)]
    [InlineData(CompressionType.Lz4)]
    [InlineData(CompressionType.Zstd)]
    internal async Task A_broken_batch_is_refused_where_all_records_are_checked(CompressionType compression)
    {
        await using var checking = new BrokerFixture(CheckAll);
        await checking.InitializeAsync();

        Assert.Equal(ErrorCode.InvalidRecord, await ProduceBrokenAsync(checking, compression));
        Assert.Equal(ErrorCode.None, await ProduceBrokenAsync(broker, compression));
    }

    private static async Task<ErrorCode> ProduceBrokenAsync(BrokerFixture broker, CompressionType compression)
    {
        using var run = await CaseRun<ProduceRequest, ProduceResponse>.BeginAsync(broker, version: 11);
        var whole = Batch.Of(50, compression);
        var broken = Batch.Change(whole[..^4], header => header with { BatchLength = header.BatchLength - 4 });
        var answer = await run.AskAsync(ProduceRequests.To(await run.CreateTopicAsync(), broken));
        return (ErrorCode)answer.Responses[0].PartitionResponses[0].ErrorCode;
    }
}
