namespace Spillway.Storage.Objects.Format;

/// <summary>What of an object is damaged.</summary>
public enum ObjectDamageSite
{
    /// <summary>All of it: there is no such object.</summary>
    Missing,

    /// <summary>It is not as long as it was.</summary>
    Length,

    /// <summary>The footer: nothing in the object can be found.</summary>
    Footer,

    /// <summary>The index, for which the same is true.</summary>
    Index,

    /// <summary>Data blocks; the others can be read.</summary>
    DataBlock,
}
