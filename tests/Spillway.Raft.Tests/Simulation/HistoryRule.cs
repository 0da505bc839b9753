namespace Spillway.Raft.Tests.Simulation;

/// <summary>What a replicated log promises, as far as its users can see.</summary>
internal enum HistoryRule
{
    /// <summary>What nodes apply are beginnings of one and the same sequence.</summary>
    OneSequence,

    /// <summary>A command is applied at most once, and only if somebody proposed it.</summary>
    OnceOnly,

    /// <summary>The result that a proposer gets is that of its own command.</summary>
    OwnResult,

    /// <summary>An acknowledged command stays.</summary>
    NothingLost,

    /// <summary>A proposal that ended in "not taken" is never applied.</summary>
    HonestRefusal,

    /// <summary>A proposal that was taken ends, one way or the other.</summary>
    NothingHangs,

    /// <summary>A read sees everything that was acknowledged before it began.</summary>
    FreshRead,

    /// <summary>A term has at most one leader, in one life of its process.</summary>
    OneLeader,

    /// <summary>A node in one life never goes back.</summary>
    NeverBack,

    /// <summary>A node starts from whatever a crash left, and stops only when its disk fails.</summary>
    StaysUp,

    /// <summary>When all is well again, everyone agrees and work goes on.</summary>
    Heals,

    /// <summary>What the core keeps is bounded.</summary>
    BoundedMemory,
}
