namespace Spillway.Storage.Objects.Format;

/// <summary>What an object holds. The numbers are persisted.</summary>
public enum ObjectKind : ushort
{
    /// <summary>Batches of many partitions, as drained from the WAL.</summary>
    Mixed = 1,

    /// <summary>Batches of one partition.</summary>
    Partition = 2,
}
