using Spillway.Rpc.Contracts;
using Spillway.Rpc.Metadata;

namespace Spillway.ProtocolFrontend.Tests.Handlers.Groups;

/// <summary>Has read barriers only, and counts them.</summary>
internal sealed class FakeClusterImageService : IClusterImageService
{
    public int BarrierCount { get; private set; }

    /// <summary>What happens in the cluster until the barrier is reached.</summary>
    public Action OnBarrier { get; set; } = static () => { };

    public long Version { get; set; }

    /// <summary>What barriers wait for and end by; null: they are reached at once.</summary>
    public TaskCompletionSource? Held { get; set; }

    public IAsyncEnumerable<ImageUpdate> WatchAsync(WatchImageRequest request, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public async Task<ReadBarrierReply> ReadBarrierAsync(ReadBarrierRequest request, CancellationToken cancellationToken)
    {
        BarrierCount++;
        OnBarrier();
        if (Held is { } held)
        {
            await held.Task.WaitAsync(cancellationToken);
        }

        return new ReadBarrierReply { Version = Version };
    }
}
