namespace Spillway.History.Reporting;

/// <summary>What can be wrong with a history. The names are Jepsen's where it has one.</summary>
public enum AnomalyKind
{
    /// <summary>Two values at one offset of a partition, as acknowledgements and polls say.</summary>
    InconsistentOffsets,

    /// <summary>One value polled at two offsets.</summary>
    Duplicate,

    /// <summary>A value is not where its acknowledgement says.</summary>
    WrongAckOffset,

    /// <summary>An acknowledged offset that lies below one known before the send began: it cannot be new.</summary>
    StaleAckOffset,

    /// <summary>A value polled that nobody sent, or sent to another partition.</summary>
    PhantomRead,

    /// <summary>A value polled whose send certainly failed or was aborted.</summary>
    AbortedRead,

    /// <summary>A transaction polled what it had sent itself.</summary>
    PrecommittedRead,

    /// <summary>An acknowledged value below the highest polled offset that nobody ever polled.</summary>
    LostWrite,

    /// <summary>A part of a transaction was polled, so that it is committed, and another part never was.</summary>
    TornTransaction,

    /// <summary>An acknowledged value that nobody had polled when everything should have been.</summary>
    Unseen,

    /// <summary>Offsets went back within one poll.</summary>
    IntNonmonotonicPoll,

    /// <summary>One poll jumped over values that exist.</summary>
    IntPollSkip,

    /// <summary>Offsets went back from one poll to the next of the same consumer.</summary>
    NonmonotonicPoll,

    /// <summary>A consumer jumped over values that exist from one poll to the next.</summary>
    PollSkip,

    /// <summary>Sends of one transaction to one partition in another order than they were made.</summary>
    IntNonmonotonicSend,

    /// <summary>Sends of one producer to one partition in another order than they were made.</summary>
    NonmonotonicSend,

    /// <summary>Sends of other transactions between those of one transaction.</summary>
    IntSendSkip,

    /// <summary>A cycle of transactions, each having sent behind another one: G0.</summary>
    WriteCycle,

    /// <summary>A cycle of transactions, each having polled what another one sent: G1c.</summary>
    CircularReads,

    /// <summary>Such a cycle of both.</summary>
    CircularReadsAndWrites,

    /// <summary>Committed transactions of one subscribed process consumed a value more than once.</summary>
    ConsumedTwice,

    /// <summary>Log start, high watermark or last stable offset lies below what was known before it was asked for.</summary>
    ViewRegressed,

    /// <summary>A batch with a wrong CRC or length.</summary>
    CorruptBatch,

    /// <summary>After all faults a partition could not be read to its end.</summary>
    EndUnreachable,

    /// <summary>A group's committed offset that no commit can have left.</summary>
    WrongCommittedOffset,

    /// <summary>The same range of offsets had other bytes before.</summary>
    DigestChanged,

    /// <summary>An offset by time that a scan contradicts.</summary>
    WrongTimeLookup,

    /// <summary>A client gave up for good.</summary>
    FatalClientError,

    /// <summary>An error that clients do not retry, or that says more than the broker can know.</summary>
    ForbiddenError,

    /// <summary>Consumers stayed behind for longer than allowed after all faults.</summary>
    LagAfterHeal,
}
