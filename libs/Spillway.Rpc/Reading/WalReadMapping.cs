using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Routing;
using Spillway.Rpc.Wal;

namespace Spillway.Rpc.Reading;

/// <summary>Serves <c>spillway.wal.v1.WalRead</c> from an implementation in this process.</summary>
public static class WalReadMapping
{
    /// <summary>Maps its methods.</summary>
    public static IEndpointRouteBuilder MapWalRead(this IEndpointRouteBuilder endpoints, IWalReadService service)
    {
        ArgumentNullException.ThrowIfNull(service);
        return endpoints.MapRpcService(rpc => rpc.ServerStream(
            WalReadMethods.ReadRange,
            (request, context) => ReadAsync(service, request, context.CancellationToken)));
    }

    private static async IAsyncEnumerable<WalChunk> ReadAsync(
        IWalReadService service, ReadRangeRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Each chunk is copied into the response before the next is asked for, so the range is held just as long as it is needed.
        using var range = await service.ReadRangeAsync(request, cancellationToken);
        foreach (var piece in range.Pieces)
        {
            for (var at = 0; at < piece.Length; at += WalReadMethods.ChunkBytesMax)
            {
                yield return new WalChunk(piece.Slice(at, Math.Min(WalReadMethods.ChunkBytesMax, piece.Length - at)));
            }
        }
    }
}
