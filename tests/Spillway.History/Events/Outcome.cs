namespace Spillway.History.Events;

/// <summary>What an event says of its operation. Taking one class for another invents anomalies or hides them.</summary>
public enum Outcome
{
    /// <summary>The operation begins; nothing of it was sent before this was written.</summary>
    Invoke,

    /// <summary>It happened.</summary>
    Ok,

    /// <summary>It certainly did not happen, and never will.</summary>
    Fail,

    /// <summary>It may have happened, may yet happen, or never will.</summary>
    Info,
}
