namespace Spillway.History.Checking;

/// <summary>What is known of one value. There is one for every record of the history, so it is small.</summary>
internal struct ValueState
{
    /// <summary>A value nobody sent.</summary>
    public static readonly ValueState Unknown = new() { Key = -1, Operation = -1, AckOffset = -1, PolledOffset = -1 };

    /// <summary>The partition's number.</summary>
    public int Key;

    /// <summary>The number of the operation that sent it.</summary>
    public int Operation;

    /// <summary>The offset it was acknowledged with, or −1.</summary>
    public long AckOffset;

    /// <summary>The offset it was first polled at, or −1.</summary>
    public long PolledOffset;

    /// <summary>Whether a consumer of committed records polled it.</summary>
    public bool PolledCommitted;

    public readonly bool IsSent => Operation >= 0;

    public readonly bool IsPolled => PolledOffset >= 0;

    /// <summary>Where it lies, as far as is known: a poll proves more than an acknowledgement.</summary>
    public readonly long Offset => IsPolled ? PolledOffset : AckOffset;
}
