namespace Spillway.Raft.Tests.Simulation;

/// <summary>Harm with a plan, again and again, for what chance alone finds too rarely.</summary>
internal enum Plot
{
    /// <summary>Chance alone.</summary>
    None,

    /// <summary>Leaders are cut off one after the other; see <see cref="Simulation.Deposition"/>.</summary>
    Deposition,

    /// <summary>Leadership goes to another node behind the leader's back.</summary>
    HandOverUnseen,
}
