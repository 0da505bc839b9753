using Spillway.Kafka.Buffers;
using Spillway.Kafka.Wire;

namespace Spillway.ProtocolFrontend.Connections;

/// <summary>A handler that reads and writes frames by itself: for the one API whose every object counts.</summary>
internal interface IFrameHandler : IApiHandler
{
    /// <summary>
    /// Reads a request of a version that is served. The frame becomes the request's, unless this throws
    /// (<see cref="MalformedMessageException"/>).
    /// </summary>
    PendingRequest Read(KafkaConnection connection, SharedBuffer frame, short apiVersion);
}
