namespace Spillway.Kafka.Records;

/// <summary>What a transaction marker says; the second int16 of a control record's key.</summary>
public enum ControlRecordType : short
{
    /// <summary>The producer's open records of this partition were aborted.</summary>
    Abort = 0,

    /// <summary>They were committed.</summary>
    Commit = 1,
}
