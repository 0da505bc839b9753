namespace Spillway.S3Compactor.Tests.FailPoints;

/// <summary>What goes wrong with the first request of a job to the object store, beside the crash.</summary>
public enum StoreTrouble
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It is refused (503), and was not done.</summary>
    Refused,

    /// <summary>It is done, and its answer does not come.</summary>
    DoneUnanswered,

    /// <summary>It is half done: a put of which half the bytes are there, a deletion that left a key.</summary>
    HalfDone,

    /// <summary>It takes so long that the lease ends, and another compactor does the whole job meanwhile.</summary>
    Slow,
}
