namespace Spillway.Rpc.Contracts;

/// <summary>When a call to metadata may be made again by itself.</summary>
internal enum CallRule
{
    /// <summary>Never: whoever called decides.</summary>
    Once,

    /// <summary>Where it was certainly not carried out: a node refused it because it does not lead, or nobody was there.</summary>
    IfNotDone,

    /// <summary>Also where that is not known: a question, or a change that has the same result when it comes twice.</summary>
    Repeatable,
}
