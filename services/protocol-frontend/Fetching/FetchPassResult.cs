using Spillway.Kafka.Messages;

namespace Spillway.ProtocolFrontend.Fetching;

/// <summary>One pass over a fetch's partitions.</summary>
internal readonly record struct FetchPassResult(FetchResponse Response, long Bytes, bool HasError);
