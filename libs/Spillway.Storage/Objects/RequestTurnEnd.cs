namespace Spillway.Storage.Objects;

/// <summary>What a request's end says about the store's load.</summary>
internal enum RequestTurnEnd
{
    /// <summary>The store keeps up.</summary>
    Ok,

    /// <summary>The store asks for less.</summary>
    Throttled,

    /// <summary>Nothing either way.</summary>
    Unknown,
}
