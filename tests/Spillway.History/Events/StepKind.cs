namespace Spillway.History.Events;

/// <summary>What one step of an operation did.</summary>
public enum StepKind
{
    /// <summary>Sent these records, in this order.</summary>
    Send,

    /// <summary>Was given these records, in this order.</summary>
    Poll,

    /// <summary>The consumer goes on from here; an offset of −1 is an unknown place.</summary>
    Position,

    /// <summary>The consumer's group was rebalanced: where it goes on is not its own doing.</summary>
    Rebalance,

    /// <summary>Was given a batch whose CRC or length is wrong, at this offset.</summary>
    Corrupt,

    /// <summary>Log start, high watermark and last stable offset.</summary>
    View,

    /// <summary>A committed offset of the group.</summary>
    Committed,

    /// <summary>The position reached and the end offset that was to be reached.</summary>
    End,

    /// <summary>First offset, record count and digest of the records.</summary>
    Digest,

    /// <summary>The time asked for, the offset answered, and the offset that a scan found.</summary>
    Lookup,
}
