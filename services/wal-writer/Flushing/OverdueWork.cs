namespace Spillway.WalWriter.Flushing;

/// <summary>What has waited for its answer for too long.</summary>
internal enum OverdueWork
{
    None,

    /// <summary>Appends in no block: they can be refused, and nobody will ever have seen them.</summary>
    Queue,

    /// <summary>A block: it may be committed any moment, so its epoch has to end before it can be answered with an error.</summary>
    Block,
}
