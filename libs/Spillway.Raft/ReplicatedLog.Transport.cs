using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Spillway.Raft.Transport;

namespace Spillway.Raft;

public sealed partial class ReplicatedLog
{
    /// <summary>Makes a node that talks to others over TCP, now or later; nothing is read, written or listened on before it starts.</summary>
    /// <param name="options">Its settings.</param>
    /// <param name="transport">Those of its connections.</param>
    /// <param name="stateMachine">What it drives.</param>
    /// <param name="time">Measures durations.</param>
    /// <param name="logger">Where life events go.</param>
    /// <param name="meters">Where its instruments are made.</param>
    /// <returns>The log, which owns its transport.</returns>
    /// <exception cref="ArgumentException">A setting is wrong; the message names all that are.</exception>
    public static ReplicatedLog WithTransport(
        ReplicatedLogOptions options,
        RaftTransportOptions transport,
        IReplicatedStateMachine stateMachine,
        TimeProvider time,
        ILogger logger,
        IMeterFactory meters)
    {
        ReplicatedLog? log = null;
        var tcp = new TcpRaftTransport(
            transport, () => log!.ClusterId, Checked(options).NodeId, time, logger, meters);
        log = new ReplicatedLog(options, stateMachine, tcp, time, logger, meters);
        return log;
    }
}
