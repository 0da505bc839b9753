using Spillway.Raft.Core;

namespace Spillway.Raft.Tests.Simulation;

/// <summary>A node's process, as its transport sees it.</summary>
internal interface ISimulatedProcess
{
    ulong NodeId { get; }

    ulong AppliedIndex { get; }

    /// <summary>Has something done by the process: where it dies of it, it dies; else it has work now.</summary>
    void Enter(Action work);

    /// <summary>A snapshot has come, and is about to be installed.</summary>
    void HasFetched();

    /// <summary>Messages have left: the moment after which a crash is worst.</summary>
    void HasSent(IReadOnlyList<RaftMessage> messages);
}
