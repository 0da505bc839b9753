namespace Spillway.Raft.Transport;

/// <summary>What the accepting side asks about a node that greets, and tells about it. Safe to call from any thread.</summary>
internal interface IGreetingJudge
{
    /// <summary>What is known of the node here.</summary>
    GreeterStanding StandingOf(ulong nodeId);

    /// <summary>The node has greeted, is who it claims to be, and can be reached at the address.</summary>
    void Greeted(ulong nodeId, string address);
}
