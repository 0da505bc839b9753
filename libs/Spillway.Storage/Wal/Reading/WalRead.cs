namespace Spillway.Storage.Wal.Reading;

/// <summary>What is to be read of a segment: a range that the index names, or a stretch in which several lie.</summary>
/// <param name="Segment">The segment.</param>
/// <param name="Position">Where it begins.</param>
/// <param name="LengthBytes">How long it is.</param>
public readonly record struct WalRead(WalSegmentName Segment, long Position, int LengthBytes)
{
    /// <summary>
    /// The ranges within the stretch; each is verified as whole batches, what lies between them is not. Null: it is one range.
    /// </summary>
    public IReadOnlyList<WalStretchPart>? Parts { get; init; }

    /// <summary>
    /// The index was asked at a read barrier and names this place: a file that is not there is a stale view. Where it is false, a
    /// missing file is reported at once, because most likely the index has moved on.
    /// </summary>
    public bool IsConfirmed { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{LengthBytes} bytes at {Position} of {Segment}";
}
