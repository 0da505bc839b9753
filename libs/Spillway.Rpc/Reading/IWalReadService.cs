using Spillway.Rpc.Wal;

namespace Spillway.Rpc.Reading;

/// <summary>
/// Ranges of a writer's own segments. Implemented by the writer itself (in-process) and by a client over gRPC; a failed call throws
/// <see cref="RpcException"/> in both. The caller verifies what it gets: a checksum travels in every record batch.
/// </summary>
public interface IWalReadService
{
    /// <summary>See the contract under proto/spillway. The caller disposes the range.</summary>
    Task<WalRange> ReadRangeAsync(ReadRangeRequest request, CancellationToken cancellationToken);
}
