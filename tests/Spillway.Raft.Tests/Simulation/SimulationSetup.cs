using Spillway.Raft.Core;
using Spillway.Raft.Hosting;
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

    /// <summary>What is done with a plan, besides all else; null draws it.</summary>
    public Plot? Plot { get; init; }

    /// <summary>Whether logs are kept from their beginning.</summary>
    public bool KeepsLog { get; init; }

    /// <summary>The core's decisions.</summary>
    public RaftRules Rules { get; init; } = RaftRules.Sound;

    /// <summary>The host's decisions.</summary>
    public HostRules HostRules { get; init; } = HostRules.Sound;

    /// <summary>What a core gets of what its node remembers.</summary>
    public Func<RaftCoreState, RaftCoreState> Remembers { get; init; } = static state => state;

    /// <summary>Prepares a new disk: where it lies, if it does.</summary>
    public Action<ForgetfulDisk> Disk { get; init; } = static _ => { };
}
