namespace Spillway.Kafka.Messages;

/// <summary>The body of a response.</summary>
public interface IKafkaResponse : IKafkaMessage;
