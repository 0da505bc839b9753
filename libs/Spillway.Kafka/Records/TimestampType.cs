namespace Spillway.Kafka.Records;

/// <summary>Who set the timestamps of a batch.</summary>
public enum TimestampType
{
    /// <summary>The producer, for each record.</summary>
    CreateTime = 0,

    /// <summary>The broker, once for the batch: every record has the batch's max timestamp.</summary>
    LogAppendTime = 1,
}
