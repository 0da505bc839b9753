using Spillway.History.Events;
using Spillway.Kafka.Errors;
using Xunit;

namespace Spillway.History.Tests.Events;

public sealed class OutcomeRulesTests
{
    [Theory]
    [InlineData(ErrorCode.None, Outcome.Ok)]
    [InlineData(ErrorCode.DuplicateSequenceNumber, Outcome.Ok)]
    [InlineData(ErrorCode.NotLeaderOrFollower, Outcome.Info)]
    [InlineData(ErrorCode.RequestTimedOut, Outcome.Info)]
    [InlineData(ErrorCode.KafkaStorageError, Outcome.Info)]
    [InlineData(ErrorCode.UnknownServerError, Outcome.Info)]
    [InlineData(ErrorCode.OutOfOrderSequenceNumber, Outcome.Fail)]
    [InlineData(ErrorCode.InvalidProducerEpoch, Outcome.Fail)]
    [InlineData(ErrorCode.ProducerFenced, Outcome.Fail)]
    [InlineData(ErrorCode.TopicAuthorizationFailed, Outcome.Fail)]
    public void A_send_failed_only_where_that_is_certain(ErrorCode error, Outcome expected) =>
        Assert.Equal(expected, OutcomeRules.OfSend(error));

    [Theory]
    [InlineData(ErrorCode.None, null, Outcome.Ok)]
    [InlineData(null, ErrorCode.None, Outcome.Fail)]
    [InlineData(ErrorCode.RequestTimedOut, ErrorCode.None, Outcome.Fail)]
    [InlineData(ErrorCode.RequestTimedOut, ErrorCode.RequestTimedOut, Outcome.Info)]
    [InlineData(ErrorCode.RequestTimedOut, null, Outcome.Info)]
    [InlineData(null, null, Outcome.Info)]
    [InlineData(ErrorCode.ProducerFenced, null, Outcome.Fail)]
    public void A_transaction_failed_only_where_its_abort_is_certain(ErrorCode? commit, ErrorCode? abort, Outcome expected) =>
        Assert.Equal(expected, OutcomeRules.OfTransaction(commit, abort));
}
