using System.Collections.Frozen;
using System.Diagnostics;
using Spillway.Kafka.Buffers;
using Spillway.Kafka.Messages;
using Spillway.Kafka.Wire;

namespace Spillway.ProtocolFrontend.Connections;

/// <summary>Finds the handler of a frame's API and decodes the request. Stateless; shared by all connections.</summary>
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
    /// Throws <see cref="FrameException"/> or <see cref="MalformedMessageException"/> for what Kafka closes the connection for: an
    /// unknown API, a version that was not advertised, bytes that are no such request.
    /// </summary>
    public (RequestContext Context, IKafkaRequest Request, IApiHandler Handler) Decode(KafkaConnection connection, SharedBuffer frame)
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

        reader = new WireReader(frame.Memory);
        var header = RequestHeader.Read(ref reader, MessageCatalog.RequestHeaderVersion(apiKey, apiVersion));
        var context = new RequestContext(connection, frame, apiKey, apiVersion, header.CorrelationId, header.ClientId);
        if (apiVersion >= handler.VersionMin && apiVersion <= handler.VersionMax)
        {
            return (context, MessageCatalog.ReadRequest(apiKey, apiVersion, ref reader), handler);
        }

        // KIP-511: a client that asks for ApiVersions in a version from the future learns in v0 which ones there are.
        return apiKey == ApiKey.ApiVersions
            ? (context, new ApiVersionsRequest(), _unsupportedVersion)
            : throw new FrameException(
                $"{apiKey} in version {apiVersion}; versions {handler.VersionMin} to {handler.VersionMax} are served");
    }

    public async ValueTask<Answer> HandleAsync(IApiHandler handler, RequestContext context, IKafkaRequest request)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            return await handler.HandleAsync(context, request).ConfigureAwait(false);
        }
        finally
        {
            _metrics.RequestHandled(context.ApiKey, Stopwatch.GetElapsedTime(started));
        }
    }
}
