using Spillway.Kafka.Errors;
using Xunit;

namespace Spillway.Kafka.Tests.Errors;

public sealed class ErrorCodesTests
{
    [Fact]
    public void Codes_have_Kafkas_numbers()
    {
        Assert.Equal(-1, (short)ErrorCode.UnknownServerError);
        Assert.Equal(0, (short)ErrorCode.None);
        Assert.Equal(6, (short)ErrorCode.NotLeaderOrFollower);
        Assert.Equal(35, (short)ErrorCode.UnsupportedVersion);
        Assert.Equal(56, (short)ErrorCode.KafkaStorageError);
        Assert.Equal(133, (short)ErrorCode.ShareSessionLimitReached);
        Assert.Equal(135, Enum.GetValues<ErrorCode>().Length);
    }

    [Theory]
    [InlineData(ErrorCode.NotLeaderOrFollower, true, true)]
    [InlineData(ErrorCode.RequestTimedOut, true, false)]
    [InlineData(ErrorCode.KafkaStorageError, true, true)]
    [InlineData(ErrorCode.OutOfOrderSequenceNumber, false, false)]
    [InlineData(ErrorCode.UnknownServerError, false, false)]
    [InlineData((ErrorCode)999, false, false)]
    public void What_clients_do_about_a_code(ErrorCode code, bool isRetriable, bool refreshesMetadata)
    {
        Assert.Equal(isRetriable, ErrorCodes.IsRetriable(code));
        Assert.Equal(refreshesMetadata, ErrorCodes.RefreshesMetadata(code));
    }

    [Fact]
    public void Codes_have_Kafkas_names()
    {
        Assert.Equal("NOT_LEADER_OR_FOLLOWER", ErrorCodes.KafkaName(ErrorCode.NotLeaderOrFollower));
        Assert.Equal("INVALID_TOPIC_EXCEPTION", ErrorCodes.KafkaName(ErrorCode.InvalidTopicException));
        Assert.Equal("UNKNOWN_SERVER_ERROR", ErrorCodes.KafkaName((ErrorCode)999));
    }
}
