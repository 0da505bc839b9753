using Spillway.Kafka.Errors;
using Xunit;

namespace Spillway.Conformance.Tests.Cases;

/// <summary>Expectations that nearly every case has.</summary>
internal static class Expect
{
    /// <summary>By name, so that a failure says which.</summary>
    public static void Error(ErrorCode expected, short actual) => Assert.Equal(expected, (ErrorCode)actual);

    public static void NoError(short actual) => Error(ErrorCode.None, actual);

    /// <summary>The error, with a message for a person.</summary>
    public static void Error(ErrorCode expected, short actual, string? message)
    {
        Error(expected, actual);
        Assert.False(string.IsNullOrEmpty(message), $"{expected} without a message");
    }
}
