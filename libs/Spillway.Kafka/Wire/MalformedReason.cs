namespace Spillway.Kafka.Wire;

/// <summary>What is wrong with a message that cannot be read.</summary>
public enum MalformedReason
{
    /// <summary>The frame ends before the field does.</summary>
    Truncated,

    /// <summary>A length or count is negative, or more than the rest of the frame can hold.</summary>
    LengthOutOfRange,

    /// <summary>A variable-length integer has more than 32 bits.</summary>
    VarintTooLong,

    /// <summary>A string is not UTF-8.</summary>
    InvalidUtf8,

    /// <summary>A null stands where the version has none.</summary>
    NullNotAllowed,

    /// <summary>A tagged field's value is longer or shorter than its announced size.</summary>
    TaggedFieldSize,

    /// <summary>The version is outside the range of the message.</summary>
    UnsupportedVersion,

    /// <summary>The API key is not in the catalog.</summary>
    UnknownApiKey,
}
