namespace Spillway.ServiceDefaults.Draining;

/// <summary>The order of a graceful stop; a stage begins when all of the one before have ended.</summary>
public enum DrainStage
{
    /// <summary>Take nothing new: close listeners, answer what comes in retriably.</summary>
    StopAccepting,

    /// <summary>Let what was taken come to its end.</summary>
    FinishInFlight,

    /// <summary>Make durable and commit what is still in memory.</summary>
    Flush,

    /// <summary>Give back leases, registrations and locks.</summary>
    Close,
}
