using System.Net;
using Spillway.Kafka.Buffers;
using Spillway.Kafka.Messages;

namespace Spillway.ProtocolFrontend.Connections;

/// <summary>One request as it came: its header, its frame and the connection it came on.</summary>
internal sealed class RequestContext(
    KafkaConnection connection, SharedBuffer frame, ApiKey apiKey, short apiVersion, int correlationId, string? clientId)
{
    private readonly long _readTimestamp = connection.Time.GetTimestamp();

    public KafkaConnection Connection { get; } = connection;

    /// <summary>Owns the request's bytes; handlers that keep some past the answer add a reference.</summary>
    public SharedBuffer Frame { get; } = frame;

    public ApiKey ApiKey { get; } = apiKey;

    public short ApiVersion { get; } = apiVersion;

    public int CorrelationId { get; } = correlationId;

    public string? ClientId { get; } = clientId;

    /// <summary>The client is gone, or the frontend closes the connection.</summary>
    public CancellationToken Aborted => Connection.Aborted;

    /// <summary>How long ago it was read.</summary>
    public TimeSpan Age => Connection.Time.GetElapsedTime(_readTimestamp);

    public IPAddress? ClientAddress => Connection.RemoteAddress;
}
