namespace Spillway.Raft.Tests.Support;

/// <summary>Where in a flush a process dies.</summary>
internal enum FlushCrash
{
    /// <summary>Nothing of it was done; a power cut may find some of the data durable all the same.</summary>
    Before,

    /// <summary>Some of the data is durable.</summary>
    Middle,

    /// <summary>All of it is durable, and nobody was told.</summary>
    After,
}
