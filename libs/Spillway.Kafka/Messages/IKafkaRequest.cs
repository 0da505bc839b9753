namespace Spillway.Kafka.Messages;

/// <summary>The body of a request.</summary>
public interface IKafkaRequest : IKafkaMessage;
