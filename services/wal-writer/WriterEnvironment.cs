using Spillway.Storage.Faults;
using Spillway.WalWriter.Appending;
using Spillway.WalWriter.Reading;

namespace Spillway.WalWriter;

/// <summary>What every part of the writer is given.</summary>
/// <param name="Options">What the operator said.</param>
/// <param name="Metrics">The writer's instruments.</param>
/// <param name="Time">The clock.</param>
/// <param name="FailPoints">Hooks for tests.</param>
/// <param name="Loggers">Where loggers come from.</param>
/// <param name="Budget">The bytes of appends that the process may hold.</param>
/// <param name="Recent">Where committed blocks go on being readable.</param>
internal sealed record WriterEnvironment(
    WalWriterOptions Options,
    WalWriterMetrics Metrics,
    TimeProvider Time,
    IFailPoints FailPoints,
    ILoggerFactory Loggers,
    AppendBudget Budget,
    RecentBlocks Recent);
