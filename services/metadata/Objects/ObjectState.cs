namespace Spillway.Metadata.Objects;

/// <summary>The life of an object. What is not prepared any more can never be named by the index anew.</summary>
internal enum ObjectState
{
    /// <summary>Its id and key are given out; a PUT may be under way.</summary>
    Prepared = 0,

    /// <summary>Committed; lives as long as the index names it.</summary>
    Committed = 1,

    /// <summary>Not committed in time.</summary>
    Expired = 2,
}
