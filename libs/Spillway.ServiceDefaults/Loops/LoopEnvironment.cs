using Microsoft.Extensions.Logging;

namespace Spillway.ServiceDefaults.Loops;

/// <summary>What a loop needs of its host; one singleton, handed to the constructor of every loop.</summary>
/// <param name="Time">The clock of the process.</param>
/// <param name="Heartbeats">Where the loop shows that it lives.</param>
/// <param name="Failure">Where an unexpected exception is reported.</param>
/// <param name="Metrics">What every loop measures; null for none.</param>
/// <param name="Loggers">Where the loop's logger comes from.</param>
public sealed record LoopEnvironment(
    TimeProvider Time, LoopHeartbeats Heartbeats, LoopFailure Failure, LoopMetrics? Metrics, ILoggerFactory Loggers);
