namespace Spillway.History.Events;

/// <summary>What an event is about.</summary>
public enum Operation
{
    /// <summary>A process has new clients, with the settings of <see cref="HistoryEvent.Client"/>: its producer starts a new order.</summary>
    Open,

    /// <summary>Records produced outside of a transaction.</summary>
    Send,

    /// <summary>Records consumed outside of a transaction.</summary>
    Poll,

    /// <summary>A transaction of sends and polls: ok is committed, fail is aborted.</summary>
    Txn,

    /// <summary>The consumer takes exactly the partitions of its <see cref="StepKind.Position"/> steps.</summary>
    Assign,

    /// <summary>The consumer joins its group for the topics of its steps.</summary>
    Subscribe,

    /// <summary>The consumer's position was changed by hand, as after an aborted transaction.</summary>
    Seek,

    /// <summary>The process forgets its clients without closing them.</summary>
    Crash,

    /// <summary>Log start, high watermark and last stable offset were asked for (ListOffsets).</summary>
    ListOffsets,

    /// <summary>A group's offsets were committed.</summary>
    Commit,

    /// <summary>A group's offsets were asked for.</summary>
    FetchOffsets,

    /// <summary>A range of a partition was read whole and its bytes digested.</summary>
    Digest,

    /// <summary>An offset was asked for by its time, and found by a scan.</summary>
    TimeLookup,

    /// <summary>After all faults: every partition read to its end, or not.</summary>
    Final,

    /// <summary>A client gave up for good.</summary>
    Fatal,

    /// <summary>A fault begins or is over; <see cref="HistoryEvent.Text"/> says its kind first, then whom it hits.</summary>
    Fault,

    /// <summary>All faults are over.</summary>
    Heal,

    /// <summary>Something worth knowing when one reads the history.</summary>
    Note,
}
