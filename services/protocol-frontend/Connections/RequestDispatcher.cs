using System.Collections.Frozen;
using Spillway.Kafka.Buffers;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Wire;

namespace Spillway.ProtocolFrontend.Connections;

/// <summary>Finds the handler of a frame's API and has the request read. Stateless; shared by all connections.</summary>
internal sealed class RequestDispatcher
{
    /// <summary>
    /// Only a produce carries record bytes; any other request becomes objects, which take many times a frame's size when it is made of
    /// tiny elements. No honest one comes near this.
    /// </summary>
    public const int OtherRequestBytesMax = 16 << 20;

    private readonly FrozenDictionary<ApiKey, IApiHandler> _handlers;
    private readonly UnsupportedVersionHandler _unsupportedVersion;
    private readonly ProtocolFrontendMetrics _metrics;

    public RequestDispatcher(IEnumerable<IApiHandler> handlers, ServedApis served, ProtocolFrontendMetrics metrics)
    {
        _handlers = handlers.ToFrozenDictionary(static handler => handler.ApiKey);
        _unsupportedVersion = new UnsupportedVersionHandler(served);
        _metrics = metrics;
    }

    /// <summary>
    /// Reads a frame, which becomes the request's. Throws <see cref="FrameException"/> or <see cref="MalformedMessageException"/>
    /// for what Kafka closes the connection for: an unknown API, a version that was not advertised, bytes that are no such request.
    /// </summary>
    public PendingRequest Read(KafkaConnection connection, SharedBuffer frame)
    {
        var reader = new WireReader(frame.Memory);
        var apiKey = (ApiKey)reader.ReadInt16();
        var apiVersion = reader.ReadInt16();
        if (!_handlers.TryGetValue(apiKey, out var handler))
        {
            throw new FrameException($"a request of API key {(short)apiKey}, which is not served");
        }

        if (apiKey != ApiKey.Produce && frame.Length > OtherRequestBytesMax)
        {
            throw new FrameException($"a {apiKey} request of {frame.Length} bytes; at most {OtherRequestBytesMax} are taken");
        }

        var isServed = apiVersion >= handler.VersionMin && apiVersion <= handler.VersionMax;
        return isServed && handler is IFrameHandler frameHandler
            ? frameHandler.Read(connection, frame, apiVersion)
            : ReadMessage(connection, frame, apiKey, apiVersion, isServed ? (IMessageHandler)handler : null);
    }

    private HandledRequest ReadMessage(
        KafkaConnection connection, SharedBuffer frame, ApiKey apiKey, short apiVersion, IMessageHandler? handler)
    {
        var reader = new WireReader(frame.Memory);
        var header = RequestHeader.Read(ref reader, MessageCatalog.RequestHeaderVersion(apiKey, apiVersion));
        var context = new RequestContext(connection, frame, apiKey, apiVersion, header.CorrelationId, header.ClientId);
        if (handler is not null)
        {
            var request = MessageCatalog.ReadRequest(apiKey, apiVersion, ref reader);
            return new HandledRequest(context, request, handler, _metrics);
        }

        // KIP-511: a client that asks for ApiVersions in a version from the future learns in v0 which ones there are.
        return apiKey == ApiKey.ApiVersions
            ? new HandledRequest(context, new ApiVersionsRequest(), _unsupportedVersion, _metrics)
            : throw new FrameException(
                $"{apiKey} in version {apiVersion}; versions {_handlers[apiKey].VersionMin} to {_handlers[apiKey].VersionMax} are served");
    }
}
