namespace Spillway.Testing.Objects;

/// <summary>What goes wrong with a request.</summary>
public enum ObjectFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It fails and was not done.</summary>
    NotDone,

    /// <summary>It is done, and its answer is lost: the caller sees a failure.</summary>
    DoneButUnanswered,

    /// <summary>Puts only: half of the bytes are stored under the key, and the caller sees a failure.</summary>
    Truncated,

    /// <summary>Reads only: the answer has a flipped bit.</summary>
    Damaged,

    /// <summary>Deletions only: the first key fails, the others go.</summary>
    FirstKeyFails,
}
