namespace Spillway.ProtocolFrontend.Fetching;

/// <summary>One pass over a fetch's partitions.</summary>
/// <param name="Partitions">What was found, one a target, in their order.</param>
/// <param name="Bytes">Bytes of records in all of them.</param>
/// <param name="IsDue">Whether any has an error or is another frontend's, which is not waited with.</param>
internal readonly record struct FetchPassResult(IReadOnlyList<FetchedPartition> Partitions, long Bytes, bool IsDue);
