namespace Spillway.ProtocolFrontend.Connections;

/// <summary>How a request relates to the requests before it on its connection.</summary>
internal enum RequestOrder
{
    /// <summary>Begins when everything before it has been answered, and nothing after it begins before it is (Kafka's own way).</summary>
    AfterPrevious,

    /// <summary>Begins at once; only its answer waits for its turn. The handler keeps what order its own kind needs.</summary>
    Ahead,
}
