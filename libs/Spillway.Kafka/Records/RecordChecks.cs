namespace Spillway.Kafka.Records;

/// <summary>How far a produced batch is looked into.</summary>
public enum RecordChecks
{
    /// <summary>The header and the CRC. Records are opaque, but what is compressed begins as its codec's.</summary>
    Header,

    /// <summary>Records too, where they are not compressed: some nanoseconds each, and no broken record gets in.</summary>
    Uncompressed,

    /// <summary>Records in any case, as Kafka's broker does; compressed batches are decompressed for it.</summary>
    All,
}
