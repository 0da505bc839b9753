using Spillway.Kafka.Wire;

namespace Spillway.Chaos.Clients;

/// <summary>How a message's body is read.</summary>
internal delegate TMessage ReadMessage<out TMessage>(ref WireReader reader, short version);
