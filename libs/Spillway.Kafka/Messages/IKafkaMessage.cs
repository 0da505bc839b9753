using Spillway.Kafka.Wire;

namespace Spillway.Kafka.Messages;

/// <summary>
/// A message, header or structure of the Kafka protocol, generated from proto/kafka. Each has besides a static
/// <c>Read(ref WireReader, short)</c>.
/// </summary>
public interface IKafkaMessage
{
    /// <summary>The bytes that <see cref="Write"/> will write for <paramref name="version"/>.</summary>
    /// <exception cref="UnwritableMessageException">The version cannot carry what the message holds.</exception>
    int Size(short version);

    /// <summary>Writes the message as <paramref name="version"/> lays it out.</summary>
    /// <exception cref="UnwritableMessageException">The version cannot carry what the message holds.</exception>
    void Write(ref WireWriter writer, short version);
}
