using Spillway.Kafka.Wire;

namespace Spillway.EndToEnd.Tests.Wire;

/// <summary>How a message's body is read.</summary>
public delegate TMessage ReadMessage<out TMessage>(ref WireReader reader, short version);
