using System.Diagnostics.CodeAnalysis;

namespace Spillway.Kafka.Wire;

/// <summary>
/// A message of ours holds what the chosen version cannot carry: a mistake of the caller, found by <c>Size</c> as well as
/// by <c>Write</c>, so that a frame is refused before its first byte is out.
/// </summary>
public sealed class UnwritableMessageException : InvalidOperationException
{
    /// <summary>Makes the error.</summary>
    public UnwritableMessageException(string message) : base(message)
    {
    }

    [DoesNotReturn]
    internal static void ThrowAbsentField(string field, short version) =>
        throw new UnwritableMessageException($"{field} is set, but version {version} does not have it");

    [DoesNotReturn]
    internal static void ThrowNullField(string field, short version) =>
        throw new UnwritableMessageException($"{field} is null, which version {version} cannot say");

    [DoesNotReturn]
    internal static void ThrowUnsupportedVersion(string message, short version) =>
        throw new UnwritableMessageException($"{message} has no version {version}");

    [DoesNotReturn]
    internal static void ThrowStringTooLong(int lengthBytes) =>
        throw new UnwritableMessageException($"a string of {lengthBytes} bytes is longer than the protocol's 32767");
}
