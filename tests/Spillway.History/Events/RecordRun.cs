namespace Spillway.History.Events;

/// <summary>
/// Records in a row: the i-th has value <c>Value + i</c> at offset <c>Offset + i</c>. A history of millions of records stays small this way.
/// </summary>
/// <param name="Offset">The first record's offset, −1 while no offset is known.</param>
/// <param name="Value">The first record's value.</param>
/// <param name="Count">How many records there are, 1 or more.</param>
public readonly record struct RecordRun(long Offset, long Value, long Count)
{
    /// <summary>Whether the offsets are known.</summary>
    public bool HasOffset => Offset >= 0;

    /// <summary>The offset of the last record.</summary>
    public long LastOffset => Offset + Count - 1;
}
