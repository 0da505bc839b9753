namespace Spillway.Kafka.Records;

/// <summary>Stored records that should be readable are not; <see cref="Error"/> says how.</summary>
public sealed class CorruptRecordException : Exception
{
    /// <summary>Makes the exception for <paramref name="error"/>.</summary>
    public CorruptRecordException(RecordBatchError error, string message)
        : base($"{message}: {error}") => Error = error;

    /// <summary>What is wrong.</summary>
    public RecordBatchError Error { get; }
}
