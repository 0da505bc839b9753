namespace Spillway.Raft.Transport;

/// <summary>What a node knows of another one that greets it.</summary>
internal enum GreeterStanding
{
    Member,

    /// <summary>No member as of what is applied here. It may be a newer one than that, so it is let in, and told.</summary>
    Unknown,

    /// <summary>It was a member while this process ran, and is one no more.</summary>
    Removed,
}
