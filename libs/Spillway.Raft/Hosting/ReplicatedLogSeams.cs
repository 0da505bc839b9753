using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Spillway.Raft.Core;
using Spillway.Raft.Files;
using Spillway.Raft.Transport;

namespace Spillway.Raft.Hosting;

/// <summary>
/// Everything a replicated log has from outside. With the same of it, and stepped on one thread, two runs are the same:
/// nothing in the host has a clock, a thread or randomness of its own.
/// </summary>
internal sealed record ReplicatedLogSeams
{
    public required ILogFolder Folder { get; init; }

    /// <summary>Null in a group that is to stay one node: then nothing ticks.</summary>
    public IRaftTransport? Transport { get; init; }

    public required Func<RaftCoreOptions, RaftCoreState, Random, IRaftCore> CreateCore { get; init; }

    /// <summary>The core's, for its election jitter.</summary>
    public required Random Random { get; init; }

    /// <summary>Drawn anew, 64 random bits, for each life of the process.</summary>
    public required ulong ProcessEpoch { get; init; }

    /// <summary>Measures; only <see cref="TimeProvider.GetTimestamp"/> is used.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>
    /// Does long work (a snapshot's file) beside the log's thread. The task never faults, and ends when the work has.
    /// </summary>
    public required Func<Action, Task> RunAside { get; init; }

    public required ILogger Logger { get; init; }

    public required IMeterFactory Meters { get; init; }

    /// <summary>Other ones only in tests.</summary>
    public HostRules Rules { get; init; } = HostRules.Sound;
}
