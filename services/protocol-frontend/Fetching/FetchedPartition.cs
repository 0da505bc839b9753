using Spillway.Kafka.Messages;

namespace Spillway.ProtocolFrontend.Fetching;

/// <summary>What a fetch found for one of its partitions.</summary>
internal readonly record struct FetchedPartition(FetchTarget Target, FetchResponse.PartitionData Data);
