using Spillway.Raft.Core;
using Spillway.Raft.Tests.Support;

namespace Spillway.Raft.Tests.Simulation;

/// <summary>What a simulation is besides its seed: its size, and the bug that is put into it, if any.</summary>
internal sealed record SimulationSetup
{
    /// <summary>Founding voters; 0 draws 1, 3 or 5.</summary>
    public int Founders { get; init; }

    /// <summary>Virtual time with faults.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(40);

    /// <summary>Whether members come and go.</summary>
    public bool ChangesMembers { get; init; } = true;

    /// <summary>Whether leaders are cut off one after the other, besides all else.</summary>
    public bool Deposes { get; init; }

    /// <summary>Whether logs are kept from their beginning.</summary>
    public bool KeepsLog { get; init; }

    /// <summary>The core's decisions.</summary>
    public RaftRules Rules { get; init; } = RaftRules.Sound;

    /// <summary>Prepares a new disk: where it lies, if it does.</summary>
    public Action<ForgetfulDisk> Disk { get; init; } = static _ => { };
}
