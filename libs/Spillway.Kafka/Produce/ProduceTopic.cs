namespace Spillway.Kafka.Produce;

/// <summary>A topic of a produce request.</summary>
/// <param name="Name">Its name up to v12, valid UTF-8; a slice of the frame.</param>
/// <param name="TopicId">Its id from v13 on.</param>
/// <param name="PartitionCount">How many of the request's partitions, from where the topic before ended, are its.</param>
public readonly record struct ProduceTopic(ReadOnlyMemory<byte> Name, Guid TopicId, int PartitionCount);
