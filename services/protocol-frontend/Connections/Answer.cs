using Spillway.Kafka.Messages;

namespace Spillway.ProtocolFrontend.Connections;

/// <summary>What a handler gives back for a request: a response, and what keeps the response's bytes alive until they are written.</summary>
internal readonly record struct Answer(IKafkaResponse? Response, IDisposable? Lease = null, bool ClosesConnection = false)
{
    /// <summary>Nothing is sent (produce with acks=0).</summary>
    public static Answer Silent => default;

    /// <summary>The version to write the response in, where it is not the request's own (ApiVersions answers an unknown version in v0).</summary>
    public short? Version { get; init; }
}
