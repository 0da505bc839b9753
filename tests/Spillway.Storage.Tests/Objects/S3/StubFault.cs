namespace Spillway.Storage.Tests.Objects.S3;

/// <summary>What the stub does to a request instead of answering it as S3 would.</summary>
internal enum StubFault
{
    /// <summary>503 SlowDown, nothing is done.</summary>
    SlowDown,

    /// <summary>500 InternalError, nothing is done.</summary>
    Error,

    /// <summary>400 without a word: the front of a server that lost its place in the connection, not S3.</summary>
    Unread,

    /// <summary>It is done, and the connection ends without an answer.</summary>
    DoneUnanswered,

    /// <summary>Half of the request's body is read, then the connection ends.</summary>
    Truncated,

    /// <summary>Half of the answer's body is sent, then nothing more comes.</summary>
    Stalled,
}
