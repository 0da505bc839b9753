using Spillway.Kafka.Messages;

namespace Spillway.ProtocolFrontend.Connections;

/// <summary>The usual handler: the dispatcher reads the request for it and writes its answer, by the generated codec.</summary>
internal interface IMessageHandler : IApiHandler
{
    RequestOrder Order { get; }

    /// <summary>
    /// Answers a request. The context's frame may be used until the answer is written. Everything whose order matters
    /// happens before the first await. Does not throw but on cancellation.
    /// </summary>
    ValueTask<Answer> HandleAsync(RequestContext context, IKafkaRequest request);
}
