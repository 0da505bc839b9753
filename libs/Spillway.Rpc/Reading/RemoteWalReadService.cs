using Spillway.Kafka.Buffers;
using Spillway.Rpc.Wal;

namespace Spillway.Rpc.Reading;

/// <summary>Calls a writer in another process for ranges of its segments.</summary>
public sealed class RemoteWalReadService(RpcChannel channel) : IWalReadService
{
    /// <inheritdoc/>
    public async Task<WalRange> ReadRangeAsync(ReadRangeRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        List<ReadOnlyMemory<byte>> pieces = [];
        List<SharedBuffer> owners = [];
        var lengthBytes = 0L;
        try
        {
            await foreach (var chunk in channel.ServerStreamAsync(WalReadMethods.ReadRange, request, cancellationToken))
            {
                owners.Add(chunk.Owner!);
                pieces.Add(chunk.Bytes);
                lengthBytes += chunk.Bytes.Length;
                if (lengthBytes > request.Length)
                {
                    break;
                }
            }

            return lengthBytes == request.Length
                ? new WalRange(pieces, owners)
                : throw new RpcException(
                    RpcStatusCode.Internal, $"The writer gave {lengthBytes} bytes or more for a range of {request.Length}.");
        }
        catch
        {
            owners.ForEach(static owner => owner.Release());
            throw;
        }
    }
}
