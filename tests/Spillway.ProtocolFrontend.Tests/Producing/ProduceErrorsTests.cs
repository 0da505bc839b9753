using Spillway.Kafka.Errors;
using Spillway.Kafka.Produce;
using Spillway.ProtocolFrontend.Producing;
using Xunit;

namespace Spillway.ProtocolFrontend.Tests.Producing;

public sealed class ProduceErrorsTests
{
    // A code that a client does not know is one that it does not retry (P4).
    [Theory]
    [InlineData(ErrorCode.KafkaStorageError, 3, ErrorCode.NotLeaderOrFollower)]
    [InlineData(ErrorCode.KafkaStorageError, 4, ErrorCode.KafkaStorageError)]
    [InlineData(ErrorCode.InvalidRecord, 7, ErrorCode.CorruptMessage)]
    [InlineData(ErrorCode.InvalidRecord, 8, ErrorCode.InvalidRecord)]
    [InlineData(ErrorCode.TransactionAbortable, 10, ErrorCode.InvalidTxnState)]
    [InlineData(ErrorCode.TransactionAbortable, 11, ErrorCode.TransactionAbortable)]
    [InlineData(ErrorCode.None, 3, ErrorCode.None)]
    public void Clients_are_told_what_their_version_knows(ErrorCode error, short version, ErrorCode told)
    {
        ProducePartitionResult[] results = [new() { ErrorCode = (short)error }];

        ProduceErrors.FitToVersion(results, version);

        Assert.Equal(told, (ErrorCode)results[0].ErrorCode);
    }
}
