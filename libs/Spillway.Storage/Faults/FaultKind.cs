namespace Spillway.Storage.Faults;

/// <summary>What a fault does; in the control file in kebab case.</summary>
internal enum FaultKind
{
    /// <summary>The call waits, then goes on.</summary>
    Delay,

    /// <summary>The call fails and has done nothing.</summary>
    Error,

    /// <summary>The call waits until the fault is over.</summary>
    Freeze,

    /// <summary>A part of the bytes is written, then the call fails.</summary>
    ShortWrite,

    /// <summary>A part of the bytes is written, then the process dies.</summary>
    TornBlock,

    /// <summary>A read ends early, as in a view from before the file grew.</summary>
    StaleSize,

    /// <summary>A page reads as zeros, as in a view from before it was written.</summary>
    StalePage,

    /// <summary>The process dies, as by SIGKILL.</summary>
    Crash,

    /// <summary>Who passes the fail-point waits there until the fault is over.</summary>
    Pause,

    /// <summary>What was just done counts as unanswered, though it was done.</summary>
    Lose,
}
