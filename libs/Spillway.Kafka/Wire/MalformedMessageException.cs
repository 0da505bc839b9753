using System.Diagnostics.CodeAnalysis;
using Spillway.Kafka.Messages;

namespace Spillway.Kafka.Wire;

/// <summary>
/// The bytes are not the message that they claim to be: the one error that reading a hostile or damaged frame yields.
/// It says what and where, and never holds bytes of the frame, so that it may be logged.
/// </summary>
public sealed class MalformedMessageException : Exception
{
    /// <summary>Makes the error.</summary>
    public MalformedMessageException(MalformedReason reason, string message) : base(message) => Reason = reason;

    /// <summary>What is wrong.</summary>
    public MalformedReason Reason { get; }

    [DoesNotReturn]
    internal static void ThrowTruncated(int position, int needed, int remaining) => throw new MalformedMessageException(
        MalformedReason.Truncated, $"{needed} bytes wanted at position {position}, {remaining} are there");

    [DoesNotReturn]
    internal static void ThrowLength(int position, long length, int remaining) => throw new MalformedMessageException(
        MalformedReason.LengthOutOfRange,
        $"length or count {length} before position {position} does not fit the {remaining} bytes that follow");

    [DoesNotReturn]
    internal static void ThrowVarint(int position) => throw new MalformedMessageException(
        MalformedReason.VarintTooLong, $"the variable-length integer at position {position} has more than 32 bits");

    [DoesNotReturn]
    internal static void ThrowUtf8(int position) => throw new MalformedMessageException(
        MalformedReason.InvalidUtf8, $"the string at position {position} is not UTF-8");

    [DoesNotReturn]
    internal static void ThrowNullAt(int position) => throw new MalformedMessageException(
        MalformedReason.NullNotAllowed, $"null before position {position} where this version has none");

    [DoesNotReturn]
    internal static T ThrowNull<T>(string field) => throw new MalformedMessageException(
        MalformedReason.NullNotAllowed, $"{field} is null where this version has none");

    [DoesNotReturn]
    internal static void ThrowTagSize(int position, int end) => throw new MalformedMessageException(
        MalformedReason.TaggedFieldSize, $"a tagged field that should end at position {end} ends at {position}");

    [DoesNotReturn]
    internal static void ThrowUnsupportedVersion(string message, short version) => throw new MalformedMessageException(
        MalformedReason.UnsupportedVersion, $"{message} has no version {version}");

    [DoesNotReturn]
    internal static T ThrowUnknownApiKey<T>(ApiKey apiKey) => throw new MalformedMessageException(
        MalformedReason.UnknownApiKey, $"API key {(short)apiKey} is unknown");
}
